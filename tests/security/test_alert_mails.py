"""Operators are written to about grave alerts: each once, by a worker, and again only until the server has taken it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.core import mail
from django.db import transaction
from pytest_django import Settings

from identity.kinds import SYSTEM_ACTOR
from security import limits
from security.emails import send_due_mails
from security.kinds import AlertKind, Resolution, Severity
from security.models import Alert
from security.services.alert_mails import claim_mails
from security.services.alerts import acknowledge_alert, raise_alert, resolve_alert
from tests.support.threads import in_threads

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _operators(settings: Settings) -> None:
    settings.OPERATOR_EMAILS = ["ops@example.com", "night@example.com"]
    settings.SITE_URL = "https://shop.example"


def raised(**changes: Any) -> Alert:
    facts: dict[str, Any] = {
        "kind": AlertKind.PURCHASE_QUARANTINED,
        "severity": Severity.HIGH,
        "dedup_key": "purchase-1",
        "summary": "A paid session is not the purchase that was made.",
        "subject": {"purchase_id": "purchase-1"},
        "now": NOW,
    }
    return Alert.objects.get(id=raise_alert(**facts | changes))


@pytest.mark.django_db
def test_a_grave_alert_is_written_about_once_however_often_it_is_seen() -> None:
    alert = raised()
    assert send_due_mails(now=NOW) == 1
    raised()
    raised(severity=Severity.CRITICAL)
    assert send_due_mails(now=NOW + timedelta(days=1)) == 0

    (message,) = mail.outbox
    assert message.to == ["ops@example.com", "night@example.com"]
    assert message.subject == "[high] Purchase quarantined"
    assert "purchase_id: purchase-1" in message.body
    assert f"https://shop.example/admin/security/alert/{alert.id}/change/" in message.body
    assert message.extra_headers["Message-ID"] == f"<alert-{alert.id}@shop.example>"
    alert.refresh_from_db()
    assert (alert.mailed_at, alert.mail_due_at, alert.mail_attempts) == (NOW, None, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(("severity", "mails"), [("low", 0), ("medium", 0), ("high", 1), ("critical", 1)])
def test_only_what_is_grave_is_written_about(severity: str, mails: int) -> None:
    raised(severity=Severity(severity))
    assert send_due_mails(now=NOW) == mails


@pytest.mark.django_db
def test_an_alert_that_becomes_grave_is_written_about_then() -> None:
    raised(severity=Severity.LOW)
    assert send_due_mails(now=NOW) == 0
    raised(severity=Severity.CRITICAL)
    assert send_due_mails(now=NOW) == 1


@pytest.mark.django_db
def test_what_is_resolved_before_a_worker_comes_is_not_written_about() -> None:
    alert = raised()
    acknowledge_alert(alert_id=alert.id, actor=SYSTEM_ACTOR, now=NOW)
    resolve_alert(alert_id=alert.id, resolution=Resolution.MISTAKE, actor=SYSTEM_ACTOR, now=NOW)
    assert send_due_mails(now=NOW) == 0
    assert mail.outbox == []


@pytest.mark.django_db
def test_without_operators_nothing_is_sent_and_nothing_is_lost(settings: Settings) -> None:
    settings.OPERATOR_EMAILS = []
    raised()
    assert send_due_mails(now=NOW) == 0
    alert = Alert.objects.get()
    assert (alert.mail_due_at, alert.mail_attempts) == (NOW, 0)
    settings.OPERATOR_EMAILS = ["ops@example.com"]
    assert send_due_mails(now=NOW) == 1


@pytest.mark.django_db
def test_a_mail_server_that_is_gone_is_asked_again_later_and_not_for_ever(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    raised()
    now = NOW
    assert send_due_mails(now=now) == 0
    alert = Alert.objects.get()
    assert alert.mail_due_at is not None
    assert now < alert.mail_due_at <= now + limits.MAIL_BACK_OFF_MAX
    assert (alert.mailed_at, alert.mail_attempts) == (None, 1)
    assert alert.mail_error == "ConnectionRefusedError"
    assert send_due_mails(now=now) == 0
    assert Alert.objects.get().mail_attempts == 1  # not due yet

    for _ in range(limits.MAIL_TRIES_MAX):
        now += limits.MAIL_BACK_OFF_MAX
        send_due_mails(now=now)
    given_up = Alert.objects.get()
    assert (given_up.mail_due_at, given_up.mail_attempts) == (None, limits.MAIL_TRIES_MAX)
    raised()
    assert Alert.objects.get().mail_due_at is None  # given up: the dashboard still shows it


@pytest.mark.django_db
def test_a_worker_that_died_leaves_its_mails_to_another_after_the_lease() -> None:
    raised()
    assert len(claim_mails(now=NOW)) == 1
    assert send_due_mails(now=NOW + limits.MAIL_LEASE - timedelta(seconds=1)) == 0
    assert send_due_mails(now=NOW + limits.MAIL_LEASE) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_mail_once() -> None:
    for number in range(6):
        raised(dedup_key=f"purchase-{number}")
    sent = in_threads([lambda: send_due_mails(now=NOW)] * 4)
    assert sum(sent) == len(mail.outbox) == 6


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_about_what_was_rolled_back() -> None:
    with transaction.atomic():
        raised()
        assert mail.outbox == []
        transaction.set_rollback(True)
    assert send_due_mails(now=NOW) == 0


@pytest.mark.django_db
def test_the_workers_task_sends_what_is_due() -> None:
    current_app.loader.import_default_modules()
    raised()
    assert current_app.tasks["security.send_alert_mails"].run() == 1
