"""Stand-ins for what lies outside the product, for the demo and the tests only."""
