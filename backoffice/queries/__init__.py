"""Reads that join apps."""
