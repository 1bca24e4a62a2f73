"""Pure functions: facts in, a reason or None out."""
