"""The reconciliation centre: staff repair by a click what is safe, and take on the rest as cases; all is recorded."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from foundation.errors import Refusal
from identity.errors import ActionNotAllowed, ReasonMissing
from identity.kinds import Actor, ActorKind
from identity.models import AuditRecord, User
from payments.errors import (
    AssigneeNotStaff,
    DiscrepancyEnded,
    DiscrepancyNeedsPerson,
    DiscrepancyNotRepaired,
)
from payments.models import Discrepancy, DiscrepancyNote, InboxEvent, Purchase
from payments.services.reconciliation import cases
from payments.services.reconciliation.cases import (
    assign_discrepancy,
    note_discrepancy,
    repair_discrepancy,
    resolve_discrepancy,
)
from payments.services.reconciliation.runner import reconcile
from tests.admin.conftest import SignedIn, staff
from tests.admin.payment_rows import discrepancy_of, run_of
from tests.admin.rows import person
from tests.admin.test_actions import act, answer, words
from tests.admin.test_who_gets_in import url
from tests.support.reconciling import checked
from tests.support.shop import Shop

__all__ = ["staff"]

RIGHTS = ("payments.view_discrepancy", "payments.view_reconciliationrun", "payments.handle_discrepancy")
LABEL = "payments.Discrepancy"


def staff_of(user: User) -> Actor:
    return Actor(ActorKind.STAFF, str(user.pk))


def repaired(kind: str, shop: Shop) -> Discrepancy:
    """Have staff repair the one of this kind, as soon as it is there."""
    row = Discrepancy.objects.get(kind=kind, status="open")
    actor = staff_of(person("carol", is_staff=True, is_superuser=True))
    repair_discrepancy(discrepancy_id=row.id, reason="Found.", actor=actor, now=timezone.now())
    row.refresh_from_db()
    return row


def test_a_click_repairs_what_is_safe_and_the_trail_says_who_and_why(counter: Shop, staff: SignedIn):
    purchase = counter.start("alice")
    counter.stripe.pay(str(purchase.stripe_session_id))
    checked("paid_not_credited")
    row, dave = Discrepancy.objects.get(), staff(*RIGHTS, name="dave")
    page = dave.get(url(LABEL, "change", row.pk)).content.decode()
    assert "250 tokens, $14.99" in page
    assert "Repair…" in page

    done = answer(dave, LABEL, "repair", row, reason="Paid, says Stripe.")

    assert words(dave, done) == ["Repaired: 1 of 1."]
    row.refresh_from_db()
    assert (row.status, row.ended_by) == ("repaired", f"staff:{person('dave').id}")
    assert counter.wallet("alice").balance == 250
    record = AuditRecord.objects.get(action="discrepancy.repair")
    assert (record.actor_id, record.subject_id) == (str(person("dave").id), str(row.id))
    assert record.reason == "Repaired: Paid, says Stripe."
    assert str(DiscrepancyNote.objects.get()).endswith(f"staff:{person('dave').id}")
    page = dave.get(url(LABEL, "change", row.pk)).content.decode()
    assert "Paid, says Stripe." in page
    assert "Repair…" not in page


def test_each_safe_kind_is_repaired_by_a_click_too(shop: Shop):
    bought = {name: shop.buy(name) for name in ("alice", "bob", "carol", "dave")}
    intents = {name: str(purchase.stripe_payment_intent_id) for name, purchase in bought.items()}
    shop.drain()
    unopened = shop.start("erin")
    Purchase.objects.filter(id=unopened.id).update(
        stripe_session_id=None, status="started", expires_at=timezone.now() - timedelta(hours=1)
    )
    left = shop.start("frank")
    shop.stripe.drop_next(count=100)
    shop.stripe.advance_clock(3 * 3600)
    Purchase.objects.filter(id=left.id).update(expires_at=timezone.now() - timedelta(hours=1))
    shop.stripe.refund(intents["alice"])
    shop.stripe.dispute(intents["bob"])
    Purchase.objects.filter(id=bought["carol"].id).update(fee_cents=1)
    Purchase.objects.filter(id=bought["dave"].id).update(reversal="partial")
    event = InboxEvent.objects.filter(purchase_id=bought["dave"].id)[0]
    InboxEvent.objects.filter(id=event.id).update(status="parked", attempts=8)
    lost = InboxEvent.objects.get(purchase_id=bought["carol"].id, type="checkout.session.completed")
    lost.delete()
    now = timezone.now() + timedelta(hours=4)
    cases_of = ("events", "stuck", "reversals", "balance")
    reconcile(names=cases_of, since=now - timedelta(hours=12), now=now)

    for kind in (
        *("event_parked", "status_behind", "never_opened", "refund_unknown", "dispute_unknown"),
        *("fee_differs", "reversal_differs"),
    ):
        assert repaired(kind, shop).status == "repaired", kind
    missing = Discrepancy.objects.filter(kind="event_never_received", subject=lost.stripe_event_id)
    actor = staff_of(person("carol", is_staff=True, is_superuser=True))
    repair_discrepancy(discrepancy_id=missing.get().id, reason="Lost.", actor=actor, now=now)
    assert missing.get().status == "repaired"
    assert shop.wallet("alice").balance == shop.wallet("bob").balance == 0


def test_what_is_gone_when_it_is_looked_at_again_ends_as_gone(counter: Shop):
    purchase = counter.start("alice")
    counter.stripe.pay(str(purchase.stripe_session_id))
    checked("paid_not_credited", "events")
    checked("events", repairs=True)

    assert repaired("payment_not_credited", counter).status == "gone"


@pytest.mark.django_db
def test_a_case_is_assigned_noted_and_resolved(staff: SignedIn):
    row = discrepancy_of(is_safe=False)
    dave, erin = staff(*RIGHTS, name="dave"), person("erin", is_staff=True)
    offered = [name for name, _ in dave.get(url(LABEL, "change", row.pk)).context["row_actions"]]
    assert offered == ["assign", "note", "resolve"]

    answer(dave, LABEL, "assign", row, assignee=str(erin.id), reason="She knows banks.")
    answer(dave, LABEL, "note", row, reason="Asked the bank.")
    answer(dave, LABEL, "resolve", row, reason="The bank gave it back.")

    row.refresh_from_db()
    assert (row.status, row.assignee) == ("resolved", str(erin.id))
    notes = [note.words for note in row.notes.all()]
    assert notes == ["Asked the bank.", "Resolved: The bank gave it back."]
    actions = list(AuditRecord.objects.order_by("at", "id").values_list("action", flat=True))
    assert actions == ["discrepancy.assign", "discrepancy.note", "discrepancy.resolve"]
    page = dave.get(url(LABEL, "change", row.pk)).content.decode()
    assert "The bank gave it back." in page
    assert dave.get(url(LABEL, "change", row.pk)).context["row_actions"] == []


@pytest.mark.django_db
def test_whoever_may_only_look_changes_nothing(staff: SignedIn):
    row, dave = discrepancy_of(), staff("payments.view_discrepancy", name="dave")
    assert dave.get(url(LABEL, "change", row.pk)).context["row_actions"] == []
    act(dave, LABEL, "resolve", row)
    actor = staff_of(person("dave"))
    now = timezone.now()
    for refused in (
        lambda: repair_discrepancy(discrepancy_id=row.id, reason="x", actor=actor, now=now),
        lambda: resolve_discrepancy(discrepancy_id=row.id, reason="x", actor=actor, now=now),
        lambda: note_discrepancy(discrepancy_id=row.id, words="x", actor=actor, now=now),
        lambda: assign_discrepancy(
            discrepancy_id=row.id, assignee_id=person("dave").id, reason="x", actor=actor, now=now
        ),
    ):
        with pytest.raises(ActionNotAllowed):
            refused()
    row.refresh_from_db()
    assert (row.status, row.assignee) == ("open", "")
    assert not AuditRecord.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"is_safe": False}, DiscrepancyNeedsPerson),
        ({"check_name": "ledger"}, DiscrepancyNeedsPerson),
        ({"status": "gone", "ended_at": timezone.now()}, DiscrepancyEnded),
    ],
)
def test_what_cannot_be_repaired_is_refused_in_words(fields: dict, refusal: type[Refusal]):
    row, carol = discrepancy_of(**fields), person("carol", is_staff=True, is_superuser=True)
    with pytest.raises(refusal):
        repair_discrepancy(discrepancy_id=row.id, reason="x", actor=staff_of(carol), now=timezone.now())
    assert not AuditRecord.objects.exists()


def test_a_repair_that_does_not_help_or_has_become_a_persons_is_told(counter: Shop):
    purchase = counter.start("alice")
    counter.stripe.pay(str(purchase.stripe_session_id))
    checked("paid_not_credited")
    counter.stripe.edit(str(purchase.stripe_session_id), amount_total=1)

    with pytest.raises(DiscrepancyNotRepaired):
        repaired("payment_not_credited", counter)  # it is quarantined
    with pytest.raises(DiscrepancyNeedsPerson):
        repaired("payment_not_credited", counter)
    assert Discrepancy.objects.get().status == "open"


@pytest.mark.django_db
@pytest.mark.parametrize("service", [repair_discrepancy, resolve_discrepancy])
def test_no_case_ends_without_a_reason(service):
    row, carol = discrepancy_of(), person("carol", is_staff=True, is_superuser=True)
    with pytest.raises(ReasonMissing):
        service(discrepancy_id=row.id, reason=" ", actor=staff_of(carol), now=timezone.now())
    row.refresh_from_db()
    assert row.status == "open"
    assert not AuditRecord.objects.exists()


@pytest.mark.django_db
def test_a_case_goes_to_staff_only_and_ends_once(monkeypatch):
    row, carol = discrepancy_of(), person("carol", is_staff=True, is_superuser=True)
    actor, now = staff_of(carol), timezone.now()
    with pytest.raises(AssigneeNotStaff):
        assign_discrepancy(
            discrepancy_id=row.id, assignee_id=person("alice").id, reason="x", actor=actor, now=now
        )
    monkeypatch.setattr(cases, "_open", lambda _id: row)  # as somebody read it who comes second
    resolve_discrepancy(discrepancy_id=row.id, reason="x", actor=actor, now=now)
    with pytest.raises(DiscrepancyEnded):
        resolve_discrepancy(discrepancy_id=row.id, reason="x", actor=actor, now=now)
    assert DiscrepancyNote.objects.count() == 1


@pytest.mark.django_db
def test_the_lists_tell_age_risk_and_how_runs_went(staff: SignedIn):
    discrepancy_of(first_seen_at=timezone.now() - timedelta(days=2), subject="old")
    discrepancy_of(first_seen_at=timezone.now(), subject="young", currency="", tokens_at_risk=0)
    run_of()
    run_of(left_out="Stripe")
    run_of(finished_at=None, tokens_at_risk=0, cents_at_risk={})
    dave: Client = staff(*RIGHTS, name="dave")
    page = dave.get(url(LABEL, "changelist") + "?older_than=day").content.decode()
    assert "2\xa0days" in page
    assert "young" not in page
    assert "young" in dave.get(url(LABEL, "changelist") + "?older_than=nonsense").content.decode()
    runs = dave.get(url("payments.ReconciliationRun", "changelist")).content.decode()
    for text in ("in full", "in part", "not finished", "250 tokens, $14.99"):
        assert text in runs
    assert dave.get("/admin/").content.decode().count("Found by reconciliation, and still there") == 1


def test_a_discrepancy_is_named_by_its_kind_and_subject():
    assert str(Discrepancy(kind="a", subject="b")) == "a b"
