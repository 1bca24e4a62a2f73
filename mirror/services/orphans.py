"""Takes from Firestore what belongs to no subject any more: after a restore, what was made since the dump.

A repair compares the subjects that there are, and outranks whatever version Firestore shows of them. What it
cannot find are the documents of subjects that the restored database never had.
"""

from mirror import limits
from mirror.gateways import firestore
from mirror.kinds import Shelf
from mirror.services.projections import registration_of


def remove_orphans(*, kind: str) -> int:
    """Remove the documents of a kind that no subject has or tells; give how many there were. Repeatable.

    In documents that others own too, our fields alone go. What is written meanwhile is left alone.

    :raises WriteInterleaved: somebody wrote one of them meanwhile; repeat it.
    :raises FirestoreUnavailable: when Firestore does not answer.
    """
    return sum(_clear(shelf) for shelf in registration_of(kind).shelves)


def _clear(shelf: Shelf) -> int:
    removed, after = 0, ""
    while page := firestore.list_collection(
        shelf.collection, names=shelf.shared_fields, after=after, limit=limits.SURPLUS_PAGE_DOCUMENTS
    ):
        after = max(page)
        known = shelf.known(page.keys())
        orphans = {
            path: seen
            for path, seen in page.items()
            if path not in known and (seen.fields or not shelf.shared_fields)
        }
        if orphans:
            firestore.withdraw(orphans, names=shelf.shared_fields)
            removed += len(orphans)
    return removed
