"""What the mirror does: mark a subject stale, deliver it, settle its outbox row."""
