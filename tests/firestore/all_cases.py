"""Every case, those first that tell most: a variation of the rules is asked until one fails."""

from tests.firestore import bypasses
from tests.firestore.cases import Case
from tests.firestore.matrix import matrix


def cases() -> list[Case]:
    return [
        *bypasses.token_fields(),
        *matrix(),
        *bypasses.reading(),
        *bypasses.claims(),
        *bypasses.profile(),
        *bypasses.balance(),
        *bypasses.ids(),
        *bypasses.server_only(),
    ]
