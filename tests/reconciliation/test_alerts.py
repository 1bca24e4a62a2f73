"""What reconciliation finds is told: what is new, and what is graver than was told, though it is as many as before."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import tasks
from payments.models import Discrepancy
from payments.services.reconciliation.alerting import tell
from payments.services.reconciliation.overdue import watch_checks
from payments.services.reconciliation.runner import available
from security.models import Alert
from tests.admin.payment_rows import NOW, discrepancy_of, run_of
from tests.support.reconciling import checked
from tests.support.shop import Shop


def test_another_discrepancy_is_told_though_it_is_as_many_as_were_told(counter: Shop):
    ended, other = counter.start("alice"), counter.start("bob")
    counter.stripe.pay(str(ended.stripe_session_id))
    checked("paid_not_credited")
    checked("paid_not_credited", repairs=True)
    counter.stripe.pay(str(other.stripe_session_id))

    checked("paid_not_credited")

    alert = Alert.objects.get()
    assert (alert.count, alert.version, alert.evidence["subject"]) == (1, 2, str(other.id))


@pytest.mark.django_db
def test_what_has_become_graver_is_told_once():
    discrepancy_of()
    check = available()["paid_not_credited"]
    tell(check=check, now=NOW)
    Discrepancy.objects.update(severity="critical")

    for minutes in (1, 2):
        tell(check=check, now=NOW + timedelta(minutes=minutes))

    alert = Alert.objects.get()
    assert (alert.severity, alert.count, alert.version) == ("critical", 1, 2)


@pytest.mark.django_db
def test_a_check_that_was_not_made_in_full_for_hours_is_told_until_it_is():
    now = timezone.now()
    for name in available():
        run_of(check_name=name, started_at=now - timedelta(hours=5), finished_at=now)
    for hours in (1, 2, 3):
        run_of(check_name="events", started_at=now - timedelta(hours=hours), left_out="No right.")
        run_of(check_name="terms", started_at=now - timedelta(hours=hours), finished_at=None)
        run_of(check_name="balance", started_at=now - timedelta(hours=hours), left_out="No right.")
        run_of(check_name="stuck", started_at=now - timedelta(hours=hours), finished_at=now)

    for _ in range(2):
        tasks.watch_checks()

    told = Alert.objects.order_by("dedup_key").values_list(
        "kind", "dedup_key", "severity", "count", "version"
    )
    assert list(told) == [("check_overdue", "events", "high", 3, 1), ("check_overdue", "terms", "high", 3, 1)]
    assert watch_checks(now=now + timedelta(days=3)) == ["events", "terms", "balance"]
    for name in ("events", "terms", "balance"):
        run_of(check_name=name, started_at=now, finished_at=now)
    assert watch_checks(now=now + timedelta(days=3)) == []


@pytest.mark.django_db
def test_what_nobody_has_tried_for_hours_is_no_alarm_when_the_workers_are_back():
    now = timezone.now()
    for name in available():
        run_of(check_name=name, started_at=now - timedelta(days=10), finished_at=now)
        run_of(check_name=name, started_at=now, finished_at=None)

    assert watch_checks(now=now) == []
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_what_was_never_made_in_full_is_overdue_a_few_periods_after_its_first_run():
    now = timezone.now()
    assert watch_checks(now=now) == []
    for hours in (1, 3):
        run_of(check_name="events", started_at=now - timedelta(hours=hours), left_out="No right.")
    assert watch_checks(now=now) == []
    assert watch_checks(now=now + timedelta(hours=2)) == ["events"]
