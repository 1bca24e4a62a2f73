"""Limits in the admin: what holds for a customer and why, granting and revoking, labels, the two numbers."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from identity.models import AuditRecord, User
from security.kinds import Limit, LimitsInForce, OverrideKind
from security.models import LimitRefusal, Override, PurchaseLimits
from security.queries.purchase_limits import limits_of
from tests.admin.conftest import SignedIn
from tests.admin.rows import limit_refusal, override, person, purchase_limits
from tests.admin.test_actions import answer
from tests.admin.test_who_gets_in import url

pytestmark = pytest.mark.django_db

OVERRIDES = "security.Override"


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def asked(customer: User, **more: str) -> dict[str, str]:
    """The form as somebody fills it in."""
    ends_at = timezone.now() + timedelta(days=2)
    filled = {
        "user": str(customer.id),
        "kind": "numbers",
        "hourly_max": "8",
        "daily_max": "",
        "reason": "They buy for a class.",
        "ends_at_0": f"{ends_at:%Y-%m-%d}",
        "ends_at_1": f"{ends_at:%H:%M:%S}",
    }
    return filled | more


def act(client: Client, label: str, action: str, *rows: Any, **answers: str) -> Any:
    """Ask for the action, or with answers take it."""
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answered = {"_answered": "1", **answers} if answers else {}
    return client.post(url(label, "changelist"), {**data, **answered}, follow=True)


def test_an_override_is_granted_by_whoever_may_and_holds_at_once(staff: SignedIn) -> None:
    alice, bob = (
        person("alice"),
        staff("security.grant_override", "security.view_override", "identity.view_user"),
    )

    answer = bob.post(url(OVERRIDES, "add"), asked(alice), follow=True)

    granted = Override.objects.get()
    assert (granted.hourly_max, granted.daily_max, granted.reason) == (8, None, "They buy for a class.")
    assert granted.granted_by == str(person("bob").id)
    assert limits_of(user_id=alice.id, now=timezone.now()) == LimitsInForce(8, 20, override_id=granted.id)
    assert "8 an hour" in words(answer)
    page = words(bob.get(url(OVERRIDES, "change", granted.id)))
    assert "in force" in page
    assert "An hour 8 Other numbers, until" in page
    assert "A day 20 Everybody" in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"hourly_max": ""}, "needs at least one"),
        ({"kind": "blocked"}, "Numbers go with the kind"),
        ({"hourly_max": "501"}, "beyond that it is unlimited"),
        ({"ends_at_0": "2020-01-01"}, "An override ends within 366 days."),
        ({"reason": ""}, "This field is required."),
        ({"user": ""}, "This field is required."),
    ],
)
def test_what_is_no_override_is_told_in_words_and_nothing_is_granted(
    superuser: Client, wrong: dict[str, str], told: str
) -> None:
    answer = superuser.post(url(OVERRIDES, "add"), asked(person("alice"), **wrong))
    assert answer.status_code == 200
    assert told in words(answer)
    assert not Override.objects.exists()


def test_the_form_begins_with_a_week_and_with_the_customer_whose_page_led_there(superuser: Client) -> None:
    alice = person("alice")
    page = superuser.get(url(OVERRIDES, "add"), {"user": str(alice.id)}).content.decode()
    (day,) = re.findall(r'name="ends_at_0"[^>]* value="([^"]+)"|value="([^"]+)"[^>]* name="ends_at_0"', page)
    ends_at = parse_datetime(f"{''.join(day)}T00:00:00Z")
    assert ends_at is not None
    assert timedelta(days=5) < ends_at - timezone.now() < timedelta(days=8)
    assert "alice@example.com" in page


def test_an_override_is_revoked_by_whoever_may_and_only_while_it_is_in_force(
    staff: SignedIn, superuser: Client
) -> None:
    granted = override()
    viewer = staff("security.view_override", name="dave")
    act(viewer, OVERRIDES, "revoke", granted, reason="Mine.")
    granted.refresh_from_db()
    assert granted.status == "granted"
    assert "Revoke" in words(superuser.get(url(OVERRIDES, "change", granted.id)))

    assert "ends at once, for good" in words(act(superuser, OVERRIDES, "revoke", granted))
    act(superuser, OVERRIDES, "revoke", granted, reason=" ")
    granted.refresh_from_db()
    assert granted.status == "granted"
    assert "Revoked: 1 of 1." in words(act(superuser, OVERRIDES, "revoke", granted, reason="A mistake."))
    assert AuditRecord.objects.get(action="override.revoke").reason == "A mistake."
    granted.refresh_from_db()
    assert (granted.status, granted.closed_by) == ("revoked", str(person("carol").id))
    again = act(superuser, OVERRIDES, "revoke", granted, reason="A mistake.")
    assert "no longer in force" in words(again)
    page = superuser.get(url(OVERRIDES, "change", granted.id))
    assert 'value="revoke"' not in page.content.decode()
    assert "Everybody" in words(page)


def test_an_override_past_its_end_is_told_as_expired_before_anybody_has_noted_that(superuser: Client) -> None:
    granted = override()
    Override.objects.filter(id=granted.id).update(
        granted_at=timezone.now() - timedelta(hours=2), ends_at=timezone.now() - timedelta(hours=1)
    )
    assert "expired" in words(superuser.get(url(OVERRIDES, "changelist")))
    assert 'value="revoke"' not in superuser.get(url(OVERRIDES, "change", granted.id)).content.decode()


def test_a_customers_page_tells_what_holds_for_them_and_why_to_those_who_may_know(
    staff: SignedIn, superuser: Client
) -> None:
    alice, numbers = person("alice"), purchase_limits()
    address = url("identity.User", "change", alice.id)
    assert "An hour 4 Everybody's : A wave of stolen cards." in words(superuser.get(address)).replace(
        "&#x27;", "'"
    )

    override(daily_max=90, hourly_max=None)
    limit_refusal(times=3)
    page = words(superuser.get(address)).replace("&#x27;", "'")
    assert f"An hour {numbers.hourly_max} Everybody's" in page
    assert "A day 90 Other numbers, until" in page
    assert "Purchases an hour 5 3 2026-03-01 12:00 not judged" in page
    override(kind=OverrideKind.UNLIMITED, hourly_max=None)
    assert "A day any number Unlimited, until" in words(superuser.get(address))

    viewer = staff("identity.view_user", name="dave")
    assert "Everybody" not in words(viewer.get(address))
    assert "Times refused" not in words(viewer.get(address))


def test_without_anything_set_the_numbers_are_those_of_the_start(superuser: Client) -> None:
    page = words(superuser.get(url("identity.User", "change", person("alice").id))).replace("&#x27;", "'")
    assert "An hour 5 Everybody's: the numbers of the start A day 20 Everybody's" in page


def test_refusals_are_labelled_by_whoever_may(staff: SignedIn) -> None:
    first, second = limit_refusal(times=2), limit_refusal(limit=Limit.DAILY)
    rights = ("security.view_limitrefusal", "security.label_refusal")
    viewer, labeller = staff(rights[0], name="dave"), staff(*rights, name="bob")

    act(viewer, "security.LimitRefusal", "label_mistake", first)
    assert not LimitRefusal.objects.exclude(is_mistake=None).exists()

    foretold = words(act(labeller, "security.LimitRefusal", "label_mistake", first))
    assert "counts as one on the dashboard" in foretold
    answer(labeller, "security.LimitRefusal", "label_right", second, reason=" ")
    assert not LimitRefusal.objects.exclude(is_mistake=None).exists()

    done = answer(labeller, "security.LimitRefusal", "label_mistake", first, reason="A school class.")
    assert "Labelled: 1 of 1." in words(labeller.get(done["Location"]))
    assert AuditRecord.objects.get().reason == "A school class."
    answer(labeller, "security.LimitRefusal", "label_right", second, reason="A bot.")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_mistake, first.labelled_by) == (True, str(person("bob").id))
    assert second.is_mistake is False
    page = words(labeller.get(url("security.LimitRefusal", "change", first.id)))
    assert "mistake" in page
    assert "198.51.100.7" in page


def test_the_two_numbers_are_set_once_then_changed_and_their_history_is_shown(superuser: Client) -> None:
    numbers = {"hourly_max": "3", "daily_max": "9", "reason": "A wave of stolen cards."}
    add = url("security.PurchaseLimits", "add")
    assert 'value="20"' in superuser.get(add).content.decode()
    superuser.post(add, numbers)
    change = url("security.PurchaseLimits", "change", PurchaseLimits.objects.get().pk)
    assert superuser.get(add).status_code == 403
    assert superuser.get(change).context["adminform"].form["reason"].value() == ""

    superuser.post(change, {"hourly_max": "6", "daily_max": "24", "reason": "It is over."})

    assert limits_of(user_id=person("alice").id, now=timezone.now()) == LimitsInForce(6, 24)
    page = words(superuser.get(change))
    assert re.search(
        r"6 24 carol@example.com It is over\. [-0-9]+ [0-9:]+ 3 9 carol@example.com A wave of stolen cards\.",
        page,
    )


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ({"hourly_max": "9", "daily_max": "8"}, "a day may not hold less than an hour."),
        ({"hourly_max": "0"}, "The numbers must be from 1 to 500"),
        ({"daily_max": "501"}, "The numbers must be from 1 to 500"),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_numbers_that_make_no_sense_are_told_and_change_nothing(
    superuser: Client, numbers: dict[str, str], told: str
) -> None:
    row = purchase_limits()
    filled = {"hourly_max": "5", "daily_max": "20", "reason": "x"} | numbers
    answer = superuser.post(url("security.PurchaseLimits", "change", row.pk), filled)
    assert told in words(answer)
    row.refresh_from_db()
    assert (row.hourly_max, row.daily_max, PurchaseLimits.history.count()) == (4, 16, 1)
