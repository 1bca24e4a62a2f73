"""Alerts."""

from security.models.alert import Alert

__all__ = ["Alert"]
