"""What security adds to every call of the API."""
