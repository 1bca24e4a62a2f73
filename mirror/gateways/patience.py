"""Looks again where Firestore does not answer, for whoever has time."""

from collections.abc import Callable
from typing import TypeVar

from google.api_core.exceptions import RetryError
from google.api_core.retry import Retry

from mirror import limits
from mirror.errors import FirestoreDenied, FirestoreNotConfigured, FirestoreUnavailable

Answer = TypeVar("Answer")


def patiently(look: Callable[[], Answer]) -> Answer:
    """Look, and look again while Firestore does not answer, within `COMPARE_RETRY_SECONDS_MAX`. Only for what reads.

    :raises FirestoreUnavailable: `firestore_unavailable`, or one of its kinds: it did not answer for so long, or does
        not let us in.
    """
    again = Retry(
        predicate=_may_pass,
        initial=limits.COMPARE_RETRY_FIRST_SECONDS,
        maximum=limits.COMPARE_RETRY_PAUSE_SECONDS_MAX,
        timeout=limits.COMPARE_RETRY_SECONDS_MAX,
    )
    try:
        return again(look)()
    except RetryError as error:
        raise (error.cause or error) from error


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, FirestoreUnavailable) and not isinstance(
        error, FirestoreDenied | FirestoreNotConfigured
    )
