"""Notes who takes rows out of the house, before the first of them leaves."""

from collections.abc import Mapping
from datetime import datetime

from identity.kinds import Actor, Right
from identity.services import audit, rights


def begin_export(
    *, actor: Actor, table: str, filters: Mapping[str, str], is_searched: bool, now: datetime
) -> None:
    """Note that the actor exports a table's rows, and which.

    What was searched for is not noted: it may be somebody's e-mail address, and the trail keeps things for ever.

    :param table: its label, such as `tokens.entry`
    :param filters: the list's, as they stand in its address; codes, ids and times
    :param is_searched: whether a search narrows the list besides
    :raises ActionNotAllowed: `action_not_allowed`: a customer, or staff without the right.
    """
    rights.require(Right.EXPORT, actor=actor)
    audit.record(
        actor=actor,
        action="rows.export",
        subject_kind="table",
        subject_id=table,
        facts={"filters": dict(filters), "searched": is_searched},
        now=now,
    )
