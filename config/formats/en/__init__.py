"""How values are written in English."""
