"""What reconciliation finds is told: what is new, and what is graver than was told, though it is as many as before."""

from datetime import timedelta

import pytest

from payments.models import Discrepancy
from payments.services.reconciliation.alerting import tell
from payments.services.reconciliation.runner import available
from security.models import Alert
from tests.admin.payment_rows import NOW, discrepancy_of
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
