"""Overriding a customer's limits from an alert about them: asked first, by a right of its own, and linked."""

import pytest
from django.test import Client
from django.utils import timezone

from foundation.ids import new_id
from security.errors import AlertNotFound, AlertWithoutCustomer, OverrideInvalid
from security.kinds import OverrideKind
from security.models import Alert, Override
from security.queries.purchase_limits import limits_of
from security.services.overrides import override_for_alert
from tests.admin.conftest import SignedIn
from tests.admin.rows import NOW, alert, person, staff_actor
from tests.admin.test_actions import act, answer, words
from tests.admin.test_who_gets_in import url

pytestmark = pytest.mark.django_db

BLOCK = {"kind": "blocked", "hourly_max": "", "daily_max": "", "days": "3", "reason": "Until we know more."}


def test_the_customer_of_an_alert_gets_an_override_at_once_and_the_alert_names_it(staff: SignedIn) -> None:
    raised = alert()
    rights = ("security.view_alert", "security.view_override", "security.grant_override")
    dave = staff(*rights, name="dave")
    form = act(dave, "security.Alert", "override", raised, from_row=True)
    assert "Override the limits" in form.content.decode()
    assert not Override.objects.exists()  # asking does nothing

    done = answer(dave, "security.Alert", "override", raised, **BLOCK)

    assert words(dave, done) == ["Overridden: 1 of 1."]
    granted, linked = Override.objects.get(), Alert.objects.get()
    assert (granted.user, granted.granted_by) == (person("alice"), str(person("dave").id))
    assert (granted.ends_at - granted.granted_at).days == 3
    assert (linked.override_id, linked.version) == (granted.id, raised.version + 1)
    assert limits_of(user_id=person("alice").id, now=timezone.now()).is_blocked
    page = dave.get(url("security.Alert", "change", raised.pk)).content.decode()
    assert url("security.Override", "change", granted.pk) in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"kind": "numbers"}, "needs at least one"),
        ({"days": "367"}, "less than or equal to 366"),
        ({"reason": " "}, "This field is required."),
    ],
)
def test_what_is_no_override_is_told_in_words(superuser: Client, wrong: dict[str, str], told: str) -> None:
    again = answer(superuser, "security.Alert", "override", alert(), **BLOCK | wrong)
    assert told in again.content.decode()
    assert not Override.objects.exists()


def test_whoever_may_move_alerts_may_not_therefore_override(staff: SignedIn) -> None:
    raised = alert()
    dave = staff("security.view_alert", "security.handle_alert", name="dave")
    answer(dave, "security.Alert", "override", raised, **BLOCK)
    assert not Override.objects.exists()


def test_an_alert_about_nobody_overrides_nothing(superuser: Client) -> None:
    raised = alert(subject={"endpoint": "stripe-webhook"})
    page = superuser.get(url("security.Alert", "change", raised.pk))
    assert "override" not in [name for name, _ in page.context["row_actions"]]
    erased = alert("2", subject={"user_id": str(new_id())})
    for alert_id, refusal in (
        (raised.id, AlertWithoutCustomer),
        (erased.id, AlertWithoutCustomer),
        (new_id(), AlertNotFound),
    ):
        with pytest.raises(refusal):
            override_for_alert(
                alert_id=alert_id,
                kind=OverrideKind.BLOCKED,
                reason="Why?",
                ends_at=NOW,
                actor=staff_actor(),
                now=NOW,
            )


def test_a_refused_override_is_not_linked() -> None:
    raised = alert()
    with pytest.raises(OverrideInvalid):
        override_for_alert(
            alert_id=raised.id,
            kind=OverrideKind.BLOCKED,
            reason="Why?",
            ends_at=NOW,
            actor=staff_actor(),
            now=NOW,
        )
    assert Alert.objects.get().override_id is None
