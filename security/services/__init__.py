"""The only place that writes."""
