"""Watches the apps below it: alerts."""
