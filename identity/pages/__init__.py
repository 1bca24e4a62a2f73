"""The sign-in pages' ties to our services."""
