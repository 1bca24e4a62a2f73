"""How an expectation is written: one row a route, with one answer for each who asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

# A status, or "→ /where/they/are/sent/" (the query left out).
Answer = int | str
SIGN_IN = "→ /accounts/login/"


class Asked(NamedTuple):
    """What each of the five gets."""

    nobody: Answer
    owner: Answer  # the customer whose rows the address names
    other: Answer  # another customer
    staff: Answer  # with every right but those that the row names
    entitled: Answer  # staff with just the rights that the row names; a superuser where it names none


@dataclass(frozen=True)
class Row:
    """What a route answers. `at` is an address of it, where {…} is taken from the test's world."""

    get: Asked
    post: Asked
    at: str = ""
    rights: tuple[str, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)  # what the POST carries


Table = dict[str, Row]


def everybody(answer: Answer) -> Asked:
    return Asked(answer, answer, answer, answer, answer)


def signed_in(answer: Answer, nobody: Answer = SIGN_IN) -> Asked:
    """Who is signed in gets an answer made of their own rows."""
    return Asked(nobody, answer, answer, answer, answer)


def signed_out(answer: Answer, others: Answer) -> Asked:
    """For pages that only a visitor needs."""
    return Asked(answer, others, others, others, others)


def only_its_owner(answer: Answer, nobody: Answer = SIGN_IN) -> Asked:
    """Not staff either: on the site they are customers like others."""
    return Asked(nobody, answer, 404, 404, 404)


def all_staff(answer: Answer) -> Asked:
    return Asked(SIGN_IN, 403, 403, answer, answer)


def only_entitled(answer: Answer) -> Asked:
    return Asked(SIGN_IN, 403, 403, 403, answer)


NOT_ALLOWED = everybody(405)
NOBODY_AT_ALL = only_entitled(403)
