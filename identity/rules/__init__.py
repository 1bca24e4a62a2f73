"""What follows from facts: which role has which right."""
