"""Whether the mirror can work at all."""

from mirror.gateways import firestore


def firestore_reachable() -> bool:
    """Whether Firestore answers us within a second. Makes one call, so it never runs inside a transaction."""
    return firestore.reachable()
