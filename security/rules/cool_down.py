"""How long somebody whose cards are declined again and again has to wait."""

from collections.abc import Sequence
from datetime import datetime

from security.limits import COOL_DOWN_REST, COOL_DOWN_WINDOW


def rest_until(declined_at: Sequence[datetime], *, declines_max: int, now: datetime) -> datetime | None:
    """Until when to wait after these declines; None where nobody has to.

    :param declines_max: so many within the window make somebody wait, from the last of them
    """
    recent = [moment for moment in declined_at if moment > now - COOL_DOWN_WINDOW]
    if len(recent) < declines_max:
        return None
    until: datetime = max(recent) + COOL_DOWN_REST
    return until if until > now else None
