"""The way to Firebase Authentication."""
