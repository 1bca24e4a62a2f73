"""Nothing is kept for longer than it is needed, and nothing is taken that is needed yet."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils import timezone
from djstripe.models import Event

from foundation import limits
from identity.models import User
from identity.tasks import forget_sign_ins
from payments import tasks
from payments.errors import PaymentNotSettled
from payments.models import Discrepancy, InboxEvent, ReconciliationRun
from payments.services import retention
from payments.services.retention import forget_findings, redact_payloads
from tests.admin.payment_rows import discrepancy_of, run_of
from tests.support.shop import Shop

MONTH = timedelta(days=31)


def copied() -> set[str]:
    return set(Event.objects.values_list("id", flat=True))


def test_what_handled_events_said_is_forgotten_after_a_month_and_never_before_they_are_handled(shop: Shop):
    shop.buy("alice")
    shop.buy("bob")
    shop.drain()
    now = timezone.now()
    waiting, uncopied, early = InboxEvent.objects.order_by("id")[:3]
    InboxEvent.objects.filter(id=waiting.id).update(status="parked")
    InboxEvent.objects.filter(id=uncopied.id).update(sync_due_at=now)
    InboxEvent.objects.filter(id=early.id).update(status="ignored", error_code=PaymentNotSettled.code)
    assert redact_payloads(now=now + MONTH - timedelta(days=2)) == 0

    total = InboxEvent.objects.count()
    assert Event.objects.count() == total  # dj-stripe's copy of what they said
    assert redact_payloads(now=now + MONTH) == total - 3
    assert copied() == {row.stripe_event_id for row in (waiting, uncopied, early)}
    assert redact_payloads(now=now + MONTH) == 0
    assert redact_payloads(now=now + 3 * MONTH) == 1  # no payment takes so long
    assert copied() == {waiting.stripe_event_id, uncopied.stripe_event_id}

    kept = {row.id: row.payload for row in InboxEvent.objects.all()}
    assert "data" in kept[waiting.id]
    assert "data" in kept[uncopied.id]
    for row in InboxEvent.objects.exclude(redacted_at=None):
        assert kept[row.id]["id"] == row.stripe_event_id
        assert set(kept[row.id]) == {"id", "type", "object", "created", "livemode", "api_version"}
    InboxEvent.objects.filter(id=waiting.id).update(status="processed")


@pytest.mark.django_db
def test_it_goes_batch_by_batch_within_a_bound(monkeypatch: pytest.MonkeyPatch):
    now = timezone.now()
    for module in (limits, retention):
        monkeypatch.setattr(module, "FORGET_BATCH_ROWS", 2)
        monkeypatch.setattr(module, "FORGET_BATCHES_MAX", 2)
    InboxEvent.objects.bulk_create(
        InboxEvent(
            stripe_event_id=f"evt_{number}",
            type="x",
            payload={"id": number, "data": {}},
            status="processed",
            stripe_created_at=now - MONTH,
            received_at=now - MONTH,
        )
        for number in range(5)
    )
    assert (redact_payloads(now=now), redact_payloads(now=now)) == (4, 1)


@pytest.mark.django_db
def test_old_findings_go_and_open_ones_stay():
    now = timezone.now()
    long_ago = now - timedelta(days=400)
    run_of(started_at=long_ago)
    run_of(started_at=now)
    old = {"first_seen_at": long_ago, "last_seen_at": long_ago}
    discrepancy_of(subject="open", **old)
    discrepancy_of(subject="ended", status="gone", ended_at=long_ago, **old)
    discrepancy_of(subject="young", status="gone", ended_at=now, last_seen_at=now)
    assert forget_findings(now=now) == 2
    assert ReconciliationRun.objects.count() == 1
    assert set(Discrepancy.objects.values_list("subject", flat=True)) == {"open", "young"}


@pytest.mark.django_db
def test_sessions_and_guesses_go_when_their_time_is_over():
    now = timezone.now()
    for number, ends_at in enumerate((now - timedelta(seconds=1), now + timedelta(hours=1))):
        Session.objects.create(session_key=str(number), session_data="", expire_date=ends_at)
    for username in ("old", "young"):
        AccessAttempt.objects.create(username=username, failures_since_start=1, get_data="", post_data="")
    AccessAttempt.objects.filter(username="old").update(attempt_time=now - MONTH)
    dora = User.objects.create(email="dora@example.com")
    for session_key in ("0", "1", "signed out"):
        UserSession.objects.create(
            user=dora, session_key=session_key, ip="198.51.100.7", user_agent="Firefox"
        )
    assert forget_sign_ins() == 4
    assert Session.objects.get().session_key == UserSession.objects.get().session_key == "1"
    assert AccessAttempt.objects.get().username == "young"


@pytest.mark.django_db
def test_the_tasks_do_what_the_services_do(monkeypatch: pytest.MonkeyPatch):
    assert tasks.forget() == 0
    run_of(started_at=timezone.now() - timedelta(days=400))
    assert tasks.forget() == 1
    discrepancy_of(check_name="ledger", kind="chain", is_safe=False)
    assert tasks.reconcile(checks=["ledger"], hours=1, repair=True) == 0
    assert Discrepancy.objects.get().status == "gone"
