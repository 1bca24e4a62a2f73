"""Each service of staff's actions asks for its own right, whichever way the caller came, and leaves a record."""

from contextlib import suppress
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission

from identity.errors import ActionNotAllowed, ReasonMissing
from identity.kinds import Actor, ActorKind, Right
from identity.models import AuditRecord
from identity.services import api_keys
from mirror.services.outbox import retry_parked
from payments.errors import PaymentsUnavailable, RefundRefused, StripeRefused
from payments.services.catalogue import retire_package
from tests.admin import rows
from tests.permissions.staff_actions import ACTIONS, NOW, WHY, WITH_REASON, Action

CHANGED = (
    "tokens.Freeze",
    "tokens.Wallet",
    "tokens.Entry",
    "tokens.Correction",
    "tokens.Package",
    "security.Override",
    "security.PurchaseLimits",
    "security.LimitRefusal",
    "security.Alert",
    "payments.InboxEvent",
    "payments.Purchase",
    "payments.Refund",
    "payments.Discrepancy",
    "payments.PackagePublication",
    "mirror.OutboxRow",
    "identity.ApiKey",
    "identity.User",
    "identity.AuditRecord",
    "backoffice.Proposal",
    "backoffice.ProposedGrant",
)


def staff_with(*rights: Right) -> Actor:
    """A member of staff who has just these rights."""
    user = rows.person("dave", is_staff=True)
    wanted = {right.value.partition(".")[2] for right in rights}
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return Actor(ActorKind.STAFF, str(user.pk), "203.0.113.9")


def do(act: Action, actor: Actor) -> None:
    """Have it done, as far as it goes with payments of which Stripe knows nothing."""
    with suppress(PaymentsUnavailable, StripeRefused, RefundRefused):
        act(actor)


def everything() -> dict[str, list[dict[str, Any]]]:
    return {label: list(apps.get_model(label).objects.order_by("pk").values()) for label in CHANGED}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACTIONS)
def test_every_right_but_its_own_does_nothing(name: str) -> None:
    right, prepare, _ = ACTIONS[name]
    act = prepare()
    dave, before = staff_with(*(each for each in Right if each is not right)), everything()
    for actor in (dave, Actor(ActorKind.CUSTOMER, dave.id), Actor(ActorKind.SERVICE, "renderer")):
        with pytest.raises(ActionNotAllowed):
            act(actor)
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACTIONS)
def test_its_own_right_is_enough_and_there_is_one_record(name: str) -> None:
    right, prepare, action = ACTIONS[name]
    act = prepare()
    known = set(AuditRecord.objects.values_list("pk", flat=True))
    dave = staff_with(right)
    do(act, dave)
    (record,) = AuditRecord.objects.exclude(pk__in=known)
    assert (record.action, record.actor_id, record.address) == (action, dave.id, "203.0.113.9")
    assert record.subject_id
    if action.startswith("wallet."):
        assert record.reason
    if name in WITH_REASON:
        assert record.reason == WHY


@pytest.mark.django_db
@pytest.mark.parametrize("name", WITH_REASON)
def test_staff_who_say_no_reason_do_nothing(name: str) -> None:
    right, prepare, _ = ACTIONS[name]
    act = prepare()
    dave, before = staff_with(right), everything()
    for reason in ("", "  \n"):
        with pytest.raises(ReasonMissing):
            act(dave, reason=reason)
    assert everything() == before


@pytest.mark.django_db
def test_what_changes_nothing_leaves_no_record() -> None:
    grantor, key = rows.staff_actor(), rows.api_key()
    api_keys.revoke(api_key=key, reason=WHY, actor=grantor, now=NOW)
    rows.package()
    retire_package(code="basic", reason=WHY, actor=grantor, now=NOW)
    known = AuditRecord.objects.count()
    api_keys.revoke(api_key=key, reason=WHY, actor=grantor, now=NOW)
    retire_package(code="basic", reason=WHY, actor=grantor, now=NOW)
    row_id = rows.outbox_row("alice").pk
    assert retry_parked(row_ids=[row_id], reason=WHY, actor=grantor, now=NOW) == 0
    assert AuditRecord.objects.count() == known
