"""Freezing, unfreezing and assigning in the admin: each asks first, and asks for a right of its own."""

import pytest
from django.test import Client

from foundation.ids import new_id
from identity.errors import ReasonMissing
from identity.models import AuditRecord, User
from security.errors import AlertNotFound, AlertWithoutCustomer
from security.models import Alert
from security.services.freezing import freeze_customer
from tests.admin.conftest import SignedIn
from tests.admin.rows import NOW, alert, freeze, person, staff_actor
from tests.admin.test_actions import act, answer, words
from tests.admin.test_who_gets_in import url
from tokens.errors import FreezeLifted, FreezeNotFound
from tokens.models import Freeze, Wallet
from tokens.queries.wallets import wallet_of
from tokens.services.wallets import lift_freeze

pytestmark = pytest.mark.django_db


def wallet_row() -> Wallet:
    return Wallet.objects.get(account_id=wallet_of(person("alice").id).account_id)


def test_a_wallet_is_frozen_with_a_reason_and_unfrozen_with_another(staff: SignedIn) -> None:
    row = wallet_row()
    dave = staff("tokens.view_wallet", "tokens.view_freeze", "tokens.freeze_wallet", name="dave")
    asked = act(dave, "tokens.Wallet", "freeze", row, from_row=True)
    assert asked.status_code == 200
    page = asked.content.decode()
    assert "For other members of staff" in page
    assert "Nothing is bought with the wallet" in page
    assert "It is done for:" in page
    assert not Freeze.objects.exists()  # asking does nothing

    done = answer(dave, "tokens.Wallet", "freeze", row, reason="A stolen card.")
    assert done["Location"] == url("tokens.Wallet", "change", row.pk)
    assert words(dave, done) == ["Frozen: 1 of 1."]
    frozen = Freeze.objects.get()
    assert (frozen.cause, frozen.frozen_by_kind, frozen.frozen_by) == (
        "staff",
        "staff",
        str(person("dave").id),
    )
    assert "A stolen card." in dave.get(url("tokens.Wallet", "change", row.pk)).content.decode()

    done = answer(dave, "tokens.Freeze", "unfreeze", frozen, reason="It was hers.")
    assert done["Location"] == url("tokens.Freeze", "change", frozen.pk)
    assert not wallet_of(person("alice").id).frozen
    page = dave.get(url("tokens.Freeze", "change", frozen.pk))
    assert "It was hers." in page.content.decode()
    assert page.context["row_actions"] == []  # there is nothing more to lift
    listed = dave.get(url("tokens.Freeze", "changelist")).content.decode()
    assert "alice@example.com" in listed


def test_without_a_reason_the_form_asks_again_and_nothing_is_done(superuser: Client) -> None:
    row = wallet_row()
    again = answer(superuser, "tokens.Wallet", "freeze", row, reason="   ")
    assert again.status_code == 200
    assert "This field is required." in again.content.decode()
    assert not Freeze.objects.exists()


def test_each_action_asks_for_its_own_right(staff: SignedIn) -> None:
    row, raised = wallet_row(), alert()
    frozen = freeze("bob")
    viewer = staff(
        "tokens.view_wallet",
        "tokens.view_freeze",
        "security.view_alert",
        "security.handle_alert",
        name="dave",
    )
    answer(viewer, "tokens.Wallet", "freeze", row, reason="Because.")
    answer(viewer, "tokens.Freeze", "unfreeze", frozen, reason="Because.")
    answer(viewer, "security.Alert", "freeze", raised, reason="Because.")
    frozen.refresh_from_db()
    assert Freeze.objects.count() == 1
    assert frozen.lifted_at is None
    names = [
        name for name, _ in viewer.get(url("security.Alert", "change", raised.pk)).context["row_actions"]
    ]
    assert names == ["acknowledge", "assign"]

    onlooker = staff("security.view_alert", name="erin")
    answer(onlooker, "security.Alert", "assign", raised, assignee=str(person("dave").id), reason="No.")
    raised.refresh_from_db()
    assert raised.assignee == ""


def test_the_list_freezes_several_at_once_and_goes_back_to_itself(superuser: Client) -> None:
    person("alice")
    person("bob")
    rows = list(Wallet.objects.filter(account__owner__email__in=["alice@example.com", "bob@example.com"]))
    asked = act(superuser, "tokens.Wallet", "freeze", *rows)
    carried = dict(asked.context["carried"])
    assert carried["action"] == "freeze"
    assert "It is done for each of these 2:" in asked.content.decode()
    chosen = {"action": "freeze", "_answered": "1", "_selected_action": [str(row.pk) for row in rows]}
    done = superuser.post(url("tokens.Wallet", "changelist"), {**chosen, "reason": "A wave."})
    assert done["Location"] == url("tokens.Wallet", "changelist")
    assert words(superuser, done) == ["Frozen: 2 of 2."]
    assert Freeze.objects.filter(lifted_at=None).count() == 2


def test_an_alert_is_assigned_to_a_member_of_staff(staff: SignedIn) -> None:
    raised, erin = alert(), person("erin", is_staff=True)
    dave = staff("security.view_alert", "security.handle_alert", name="dave")
    asked = act(dave, "security.Alert", "assign", raised, from_row=True)
    offered = [str(choice) for choice, _ in asked.context["form"].fields["assignee"].choices]
    assert sorted(offered) == sorted([str(erin.id), str(person("dave").id)])

    answer(dave, "security.Alert", "assign", raised, assignee=str(person("alice").id), reason="Yours.")
    assert Alert.objects.get().assignee == ""  # a customer is no choice
    answer(dave, "security.Alert", "assign", raised, assignee=str(erin.id), reason="  ")
    assert Alert.objects.get().assignee == ""  # staff say why
    answer(dave, "security.Alert", "assign", raised, assignee=str(erin.id), reason="She knows banks.")
    assert AuditRecord.objects.get().reason == "She knows banks."

    assert Alert.objects.get().assignee == str(erin.id)
    assert "erin@example.com" in dave.get(url("security.Alert", "changelist")).content.decode()


def test_the_customer_of_an_alert_is_frozen_and_both_name_each_other(superuser: Client) -> None:
    raised = alert()
    done = answer(superuser, "security.Alert", "freeze", raised, reason="Until we know more.")
    assert words(superuser, done) == ["Frozen: 1 of 1."]
    frozen = Freeze.objects.get()
    raised.refresh_from_db()
    assert raised.freeze_id == frozen.id
    page = superuser.get(url("security.Alert", "change", raised.pk)).content.decode()
    assert url("tokens.Freeze", "change", frozen.pk) in page

    again = answer(superuser, "security.Alert", "freeze", raised, reason="Again.")
    assert "frozen because of this alert already" in words(superuser, again)[0]
    assert Freeze.objects.count() == 1
    lift_freeze(freeze_id=frozen.id, reason="Done.", actor=staff_actor(), now=NOW)
    answer(superuser, "security.Alert", "freeze", raised, reason="Again.")
    assert wallet_of(person("alice").id).frozen


def test_an_alert_about_nobody_freezes_nobody(superuser: Client) -> None:
    raised = alert(subject={"endpoint": "stripe-webhook"})
    names = [
        name for name, _ in superuser.get(url("security.Alert", "change", raised.pk)).context["row_actions"]
    ]
    assert "freeze" not in names
    unknown = alert("2", subject={"user_id": str(User.objects.create(email="nobody@example.com").id)})
    for alert_id, refusal in (
        (raised.id, AlertWithoutCustomer),
        (unknown.id, AlertWithoutCustomer),
        (new_id(), AlertNotFound),
    ):
        with pytest.raises(refusal):
            freeze_customer(alert_id=alert_id, reason="Why?", actor=staff_actor(), now=NOW)
    assert not Freeze.objects.exists()


def test_staff_say_why_and_lift_once() -> None:
    frozen, dave = freeze(), staff_actor()
    with pytest.raises(ReasonMissing):
        lift_freeze(freeze_id=frozen.id, reason=" ", actor=dave, now=NOW)
    with pytest.raises(FreezeNotFound):
        lift_freeze(freeze_id=new_id(), reason="Why?", actor=dave, now=NOW)
    lift_freeze(freeze_id=frozen.id, reason="Why?", actor=dave, now=NOW)
    with pytest.raises(FreezeLifted):
        lift_freeze(freeze_id=frozen.id, reason="Why?", actor=dave, now=NOW)
