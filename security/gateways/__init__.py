"""The only place that imports what counts attempts."""
