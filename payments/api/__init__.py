"""Purchases as JSON."""
