"""When documents reached Firestore."""

from collections.abc import Iterable
from datetime import datetime

from mirror.models import MirroredDocument


def delivered_at(paths: Iterable[str]) -> dict[str, datetime]:
    """When each document was first seen in Firestore; without those not seen or past their retention."""
    noted = MirroredDocument.objects.filter(path__in=list(paths))
    return dict(noted.values_list("path", "delivered_at"))
