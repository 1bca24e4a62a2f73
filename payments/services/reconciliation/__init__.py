"""Compares what we believe with what Stripe and Firestore say and with itself, and mends what is safe to mend.

A check is a module in `checks/` with a `CHECK`; `checks.ALL` says in which order they are made.
"""
