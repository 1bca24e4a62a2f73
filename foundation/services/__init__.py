"""Verbs that belong to no app."""
