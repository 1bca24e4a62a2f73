"""The pages on which staff act: each asks, foretells in numbers, and then does or proposes."""
