"""Compares what we believe with what Stripe says, and repairs what can be repaired.

A check is a module in `checks/` with a `CHECK`; putting the file there is all it takes to add one.
"""
