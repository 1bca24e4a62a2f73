"""Tells what a restored database has lost, as far as Firestore still shows it. Nothing is changed.

It must be asked before a rebuild takes Firestore back to what the database says: afterwards nobody knows any more.
"""

from collections.abc import Iterator

from mirror import limits
from mirror.gateways import firestore
from mirror.kinds import Loss, Shelf
from mirror.services.projections import registration_of


def find_losses(*, kind: str) -> Iterator[Loss]:
    """Find what of a kind Firestore shows and the database lacks or has otherwise, page by page.

    :raises FirestoreUnavailable: when Firestore does not answer.
    """
    for shelf in registration_of(kind).shelves:
        if shelf.losses:
            yield from _lost_from(shelf)


def _lost_from(shelf: Shelf) -> Iterator[Loss]:
    assert shelf.losses
    after = ""
    while page := firestore.list_collection(
        shelf.collection, names=shelf.read_fields, after=after, limit=limits.SURPLUS_PAGE_DOCUMENTS
    ):
        after = max(page)
        yield from shelf.losses({path: seen.fields for path, seen in page.items()})
