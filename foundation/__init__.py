"""What belongs to no app and every app needs."""
