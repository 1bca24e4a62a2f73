"""Firestore for the demo and the tests: Google's emulator, or a stand-in with the same behaviour."""
