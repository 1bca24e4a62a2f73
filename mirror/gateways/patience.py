"""Looks again where Firestore does not answer, for whoever has time."""

import logging
from collections.abc import Callable
from typing import TypeVar

from google.api_core.exceptions import RetryError
from google.api_core.retry import Retry

from mirror import limits
from mirror.errors import FirestoreDenied, FirestoreNotConfigured, FirestoreUnavailable

logger = logging.getLogger(__name__)

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")


def patient(look: Callable[[Subject], Answer]) -> Callable[[Subject], Answer]:
    """Make of a look at one subject one that looks again while Firestore does not answer. Only for what reads.

    It raises what `look` raises: `firestore_unavailable` or one of its kinds after `COMPARE_RETRY_SECONDS_MAX`, and at
    once where Firestore does not let us in.
    """
    looking = Retry(
        predicate=_may_pass,
        initial=limits.COMPARE_RETRY_FIRST_SECONDS,
        maximum=limits.COMPARE_RETRY_PAUSE_SECONDS_MAX,
        timeout=limits.COMPARE_RETRY_SECONDS_MAX,
        on_error=_tell,
    )(look)

    def look_patiently(subject: Subject) -> Answer:
        try:
            return looking(subject)
        except RetryError as error:
            failure = error.cause or error
            raise failure from failure.__cause__

    return look_patiently


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, FirestoreUnavailable) and not isinstance(
        error, FirestoreDenied | FirestoreNotConfigured
    )


def _tell(error: Exception) -> None:
    logger.warning("mirror.looks_again", extra={"error": type(error).__name__})
