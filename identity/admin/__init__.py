"""Staff's view of people."""
