"""What staff see of security."""
