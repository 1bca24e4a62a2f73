"""Each role takes just the actions that are its work, at the services, whatever page or request asks for them."""

import pytest

from identity.errors import ActionNotAllowed
from identity.kinds import Role
from identity.models import AuditRecord
from tests.permissions.staff_actions import ACTIONS
from tests.permissions.test_rights_of_services import do, everything
from tests.support.staff import of_role

_SUPPORT, _FINANCE, _SECURITY, _CATALOGUE = Role.SUPPORT, Role.FINANCE, Role.SECURITY, Role.CATALOGUE
# Who does what, written down once more: beside the administrator, who does everything.
DONE_BY: dict[str, frozenset[Role]] = {
    **dict.fromkeys(
        ("freeze", "unfreeze", "lift a freeze", "freeze for an alert", "set limits"), frozenset({_SECURITY})
    ),
    **dict.fromkeys(
        ("grant an override", "override for an alert", "revoke an override"), frozenset({_SECURITY})
    ),
    **dict.fromkeys(
        ("label a refusal", "acknowledge an alert", "assign an alert", "resolve an alert"),
        frozenset({_SUPPORT, _SECURITY}),
    ),
    **dict.fromkeys(
        ("resend an event", "retry a mirror", "rebuild a mirror", "ask Stripe"),
        frozenset({_SUPPORT, _FINANCE}),
    ),
    **dict.fromkeys(
        ("refund", "release a purchase", "adjust a wallet", "reverse an entry", "export rows"),
        frozenset({_FINANCE}),
    ),
    **dict.fromkeys(("resolve a discrepancy", "assign a discrepancy"), frozenset({_FINANCE})),
    **dict.fromkeys(("publish a package", "retire a package"), frozenset({_CATALOGUE})),
    **dict.fromkeys(("make a key", "revoke a key", "say who works here"), frozenset()),
}


def does(role: Role, name: str) -> bool:
    return role is Role.ADMINISTRATOR or role in DONE_BY[name]


def test_each_action_says_which_roles_take_it() -> None:
    assert DONE_BY.keys() == ACTIONS.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("name", DONE_BY)
def test_roles_that_do_not_do_it_do_nothing(name: str) -> None:
    act, others = ACTIONS[name][1](), [each for each in Role if not does(each, name)]
    people = [of_role(role) for role in others]
    before = everything()
    for actor in people:
        with pytest.raises(ActionNotAllowed):
            act(actor)
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "role"), [(name, role) for name in DONE_BY for role in Role if does(role, name)]
)
def test_a_role_that_does_it_does_it(name: str, role: Role) -> None:
    _, prepare, action = ACTIONS[name]
    act, actor = prepare(), of_role(role)
    do(act, actor)
    assert AuditRecord.objects.filter(action=action, actor_id=actor.id).count() == 1
