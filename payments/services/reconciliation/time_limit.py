"""Knows the end of a task's time, however it is told."""

from celery.exceptions import SoftTimeLimitExceeded


def end_of_time(error: BaseException | None) -> SoftTimeLimitExceeded | None:
    """The signal that a task's time is over, though a library has made an error of its own of it, as Stripe's does."""
    while error:
        if isinstance(error, SoftTimeLimitExceeded):
            return error
        error = error.__cause__ or error.__context__
    return None
