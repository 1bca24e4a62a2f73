"""What staff may have services do: each by a right of its own, each told, a refusal in words."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from foundation import limits
from identity.models import AuditRecord
from mirror.models import MirroredSubject, OutboxRow
from payments.kinds import InboxStatus, Outcome, PurchaseStatus
from payments.models import InboxEvent
from security.models import Alert
from tests.admin.conftest import SignedIn
from tests.admin.rows import NOW, alert, event, outbox_row, person, purchase
from tests.admin.test_who_gets_in import url

ALERT_RIGHTS = ("security.view_alert", "security.handle_alert")


def act(client: Client, label: str, action: str, *rows: object, from_row: bool = False) -> Any:
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}  # type: ignore[attr-defined]
    how = {"_from_row": "1"} if from_row else {"index": "0"}
    return client.post(url(label, "changelist"), {**chosen, **how})


def answer(client: Client, label: str, action: str, *rows: object, **answers: str) -> Any:
    """Fill in the form that the action shows, as a browser would on a row's page."""
    chosen = [str(row.pk) for row in rows]  # type: ignore[attr-defined]
    asked = {"action": action, "_selected_action": chosen, "_from_row": "1", "_answered": "1"}
    return client.post(url(label, "changelist"), {**asked, **answers})


def words(client: Client, response: Any) -> list[str]:
    """What the next page says was done."""
    return [str(message) for message in client.get(response["Location"]).context["messages"]]


@pytest.mark.django_db
def test_an_alert_is_acknowledged_and_resolved_by_whoever_did_it(
    staff: SignedIn,
) -> None:
    row, dave = alert(), staff(*ALERT_RIGHTS, name="dave")
    assert "You take the alert on" in act(dave, "security.Alert", "acknowledge", row).content.decode()
    answer(dave, "security.Alert", "acknowledge", row, reason=" ")
    row.refresh_from_db()
    assert (row.status, row.version, AuditRecord.objects.exists()) == ("open", 1, False)

    acknowledged = answer(dave, "security.Alert", "acknowledge", row, reason="I know this buyer.")
    assert acknowledged["Location"] == url("security.Alert", "change", row.pk)
    assert words(dave, acknowledged) == ["Acknowledged: 1 of 1."]
    record = AuditRecord.objects.get()
    assert (record.action, record.subject_id) == ("alert.acknowledge", str(row.pk))
    assert record.reason == "I know this buyer."
    assert (record.actor_id, record.address) == (str(person("dave").id), "127.0.0.1")

    asked = act(dave, "security.Alert", "resolve_as_fraud", row, from_row=True)
    assert "The alert is closed as “fraud”, for good." in asked.content.decode()
    again = answer(dave, "security.Alert", "resolve_as_fraud", row, reason="   ")
    assert "This field is required." in again.content.decode()
    row.refresh_from_db()
    assert row.status == "acknowledged"  # asking does nothing, nor does no reason

    resolved = answer(dave, "security.Alert", "resolve_as_fraud", row, reason="A stolen card.")
    assert resolved["Location"] == url("security.Alert", "change", row.pk)
    row.refresh_from_db()
    assert (row.status, row.resolution) == ("resolved", "fraud")
    assert row.acknowledged_by == row.resolved_by == str(person("dave").id)
    assert AuditRecord.objects.get(action="alert.resolve").reason == "A stolen card."


@pytest.mark.django_db
def test_a_refused_move_is_told_and_the_others_are_made(
    staff: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    dave = staff(*ALERT_RIGHTS, name="dave")
    seen, unseen = alert("purchase-1"), alert("purchase-2")
    words(dave, answer(dave, "security.Alert", "acknowledge", seen, reason="Mine."))
    with caplog.at_level(logging.INFO, "foundation.admin"):
        response = answer(dave, "security.Alert", "acknowledge", seen, unseen, reason="Mine.")
    (logged,) = [record for record in caplog.records if record.message == "admin.refused"]
    assert (logged.__dict__["code"], logged.__dict__["row"]) == ("alert_not_open", str(seen.pk))
    assert sorted(words(dave, response)) == [
        "Acknowledged: 1 of 2.",
        "The amount differs.: The alert is acknowledged.",
    ]
    response = answer(dave, "security.Alert", "resolve_as_fixed", alert("purchase-3"), reason="Done.")
    assert words(dave, response) == ["The amount differs.: The alert is open."]
    assert sorted(Alert.objects.values_list("status", flat=True)) == ["acknowledged", "acknowledged", "open"]


@pytest.mark.django_db
def test_an_alerts_page_offers_the_moves_that_are_open_to_it(superuser: Client) -> None:
    row = alert()

    def offered() -> list[str]:
        actions = superuser.get(url("security.Alert", "change", row.pk)).context["row_actions"]
        return [name for name, _ in actions]

    assert offered() == ["acknowledge", "assign", "freeze", "override"]
    answer(superuser, "security.Alert", "acknowledge", row, reason="Mine.")
    endings = [f"resolve_as_{how}" for how in ("mistake", "fraud", "fixed", "duplicate", "accepted")]
    assert offered() == ["assign", "freeze", "override", *endings]
    answer(superuser, "security.Alert", "resolve_as_fixed", row, reason="Done.")
    assert offered() == []
    text = superuser.get(url("security.Alert", "change", row.pk)).content.decode()
    assert reverse("admin:customer", args=[row.user_id]) in text


@pytest.mark.django_db
def test_who_may_only_look_is_offered_no_action_and_can_take_none(staff: SignedIn) -> None:
    row, bob = alert(), staff("security.view_alert", name="bob")
    page = bob.get(url("security.Alert", "change", row.pk))
    assert page.context["row_actions"] == []
    for action in ("acknowledge", "resolve_as_fixed", "delete_selected"):
        act(bob, "security.Alert", action, row)
        act(bob, "security.Alert", action, row, from_row=True)
        answer(bob, "security.Alert", action, row, reason="Mine.")
    row.refresh_from_db()
    assert (row.status, row.version) == ("open", 1)


@pytest.mark.django_db
def test_an_action_without_a_chosen_row_does_nothing(superuser: Client) -> None:
    alert()
    response = superuser.post(
        url("security.Alert", "changelist"), {"action": "acknowledge", "index": "0", "_from_row": "1"}
    )
    assert response.status_code == 302
    assert Alert.objects.get().status == "open"


@pytest.mark.django_db
def test_an_action_takes_no_more_rows_than_its_bound(superuser: Client) -> None:
    Alert.objects.bulk_create(
        Alert(
            kind="wrong_livemode",
            severity="low",
            dedup_key=str(n),
            summary="Again",
            first_seen_at=NOW,
            last_seen_at=NOW,
            updated_at=NOW,
        )
        for n in range(limits.ADMIN_ACTION_ROWS_MAX + 5)
    )
    superuser.post(
        url("security.Alert", "changelist"),
        {
            "action": "acknowledge",
            "index": "0",
            "select_across": "1",
            "_answered": "1",
            "reason": "A flood.",
            "_selected_action": [str(Alert.objects.all()[0].pk)],
        },
    )
    assert Alert.objects.filter(status="acknowledged").count() == limits.ADMIN_ACTION_ROWS_MAX


@pytest.mark.django_db
def test_an_event_that_was_parked_is_processed_again(staff: SignedIn) -> None:
    dave = staff("payments.view_inboxevent", "payments.resend_event", name="dave")
    parked = event(type="customer.created", status=InboxStatus.PARKED, attempts=12, error_code="ValueError")
    assert dave.get(url("payments.InboxEvent", "change", parked.pk)).context["row_actions"] == [
        ("process_again", "Process again…")
    ]
    asked = act(dave, "payments.InboxEvent", "process_again", parked, from_row=True)
    assert "as if Stripe had just sent it" in asked.content.decode()
    answer(dave, "payments.InboxEvent", "process_again", parked, reason="")
    parked.refresh_from_db()
    assert (parked.status, parked.attempts) == ("parked", 12)
    assert not AuditRecord.objects.exists()

    response = answer(dave, "payments.InboxEvent", "process_again", parked, reason="The fault is mended.")
    assert response["Location"] == url("payments.InboxEvent", "change", parked.pk)
    parked.refresh_from_db()
    assert (parked.status, parked.outcome, parked.error_code) == ("ignored", "ignored", "")
    assert AuditRecord.objects.get().reason == "The fault is mended."
    assert dave.get(url("payments.InboxEvent", "change", parked.pk)).context["row_actions"] == []


@pytest.mark.django_db
def test_an_event_that_was_handled_stays_as_it_is(superuser: Client) -> None:
    done = event(outcome=Outcome.SETTLED)
    before = InboxEvent.objects.values().get()
    answer(superuser, "payments.InboxEvent", "process_again", done, reason="To see.")
    assert InboxEvent.objects.values().get() == before


@pytest.mark.django_db
def test_a_parked_outbox_row_is_tried_again_and_another_is_not(staff: SignedIn) -> None:
    dave = staff("mirror.view_outboxrow", "mirror.retry", name="dave")
    parked = outbox_row("alice", parked_at=NOW, attempts=20, last_error="mirror_conflict")
    due = outbox_row("bob", due_at=timezone.now() + timedelta(hours=1))
    page = url("mirror.OutboxRow", "change", parked.pk)
    assert dave.get(page).context["row_actions"] == [("retry", "Try again…")]
    assert dave.get(url("mirror.OutboxRow", "change", due.pk)).context["row_actions"] == []

    asked = act(dave, "mirror.OutboxRow", "retry", parked, due).content.decode()
    assert "a worker writes to Firestore" in asked
    assert "each of these 2" in asked
    answer(dave, "mirror.OutboxRow", "retry", parked, due, reason="\n")
    parked.refresh_from_db()
    assert (parked.parked_at, parked.attempts) == (NOW, 20)

    response = answer(dave, "mirror.OutboxRow", "retry", parked, due, reason="The document is gone.")
    assert sorted(words(dave, response)) == ["Tried again: 1 of 2.", "wallet bob: This row is not parked."]
    parked.refresh_from_db()
    assert (parked.parked_at, parked.attempts) == (None, 0)
    assert AuditRecord.objects.get().reason == "The document is gone."
    before = due.due_at
    due.refresh_from_db()
    assert due.due_at == before


@pytest.mark.django_db
def test_what_firestore_shows_of_one_wallet_is_rebuilt_for_a_reason(staff: SignedIn) -> None:
    dave = staff("mirror.view_mirroredsubject", "mirror.retry", name="dave")
    shown = MirroredSubject.objects.create(kind="wallet", subject_id="alice", version=3, delivered_at=NOW)
    asked = act(dave, "mirror.MirroredSubject", "rebuild", shown)
    assert "writes there what differs" in asked.content.decode()
    answer(dave, "mirror.MirroredSubject", "rebuild", shown, reason=" ")
    assert not OutboxRow.objects.filter(subject_id="alice").exists()

    response = answer(dave, "mirror.MirroredSubject", "rebuild", shown, reason="It shows too little.")
    assert words(dave, response) == ["To be rebuilt: 1 of 1."]
    row = OutboxRow.objects.get(subject_id="alice")
    assert (row.kind, row.repair_generation) == ("wallet", 1)
    record = AuditRecord.objects.get()
    assert (record.action, record.reason) == ("mirror.rebuild", "It shows too little.")


@pytest.mark.django_db
def test_a_leased_row_says_so(superuser: Client) -> None:
    outbox_row("alice", leased_until=timezone.now(), lease_token=person("alice").id)
    page = admin.site.get_model_admin(OutboxRow)
    assert page.state(OutboxRow.objects.get(subject_id="alice")) == "leased"  # type: ignore[attr-defined]
    assert "leased" in superuser.get(url("mirror.OutboxRow", "changelist")).content.decode()


@pytest.mark.django_db
def test_stripe_is_not_asked_about_a_purchase_without_a_session(superuser: Client) -> None:
    bought = purchase(status=PurchaseStatus.STARTED, stripe_session_id=None)
    assert superuser.get(url("payments.Purchase", "change", bought.pk)).context["row_actions"] == []
    response = answer(superuser, "payments.Purchase", "ask_stripe_again", bought, reason="No webhook came.")
    assert words(superuser, response) == [f"{bought}: No Checkout session was opened for this purchase."]
    bought.refresh_from_db()
    assert bought.status == PurchaseStatus.STARTED
