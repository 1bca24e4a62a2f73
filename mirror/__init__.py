"""An outbox and a Firestore writer that know documents and versions, and nothing of what they mean."""
