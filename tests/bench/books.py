"""What every bench that posts ends with: figures of books that are wrong mean nothing."""

from tests.bench.http_load import WrongAnswer
from tokens.models import Entry
from tokens.queries.integrity import find_imbalances


def check_books() -> None:
    """Whoever wrote them, the entries are those of one sound book.

    :raises WrongAnswer: when something is wrong in it, or nothing is there
    """
    if imbalances := find_imbalances():
        raise WrongAnswer(f"The books are wrong: {imbalances[:3]}")
    if not Entry.objects.exists():
        raise WrongAnswer("Nothing was posted.")
