"""The front page, and how every page writes tokens and money."""
