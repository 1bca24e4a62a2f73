"""Where the mirror talks to Firestore."""
