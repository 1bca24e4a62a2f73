"""How callers of the API prove who they are and what they may do."""
