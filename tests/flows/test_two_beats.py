"""Two beats at once send every task twice: each is done by two workers at the same time, and nothing is done twice."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.utils import timezone

from config.celery import TIMETABLE
from payments.errors import PaymentsUnavailable
from payments.kinds import RefundReason
from payments.models import Purchase, Refund
from security.models import Alert
from tests.support.reconciling import ON_ITS_WAY
from tests.support.refunds import start_refund
from tests.support.shop import Shop
from tests.support.staff import member
from tests.support.threads import race
from tokens.models import Entry


def work(line: dict[str, Any]) -> Callable[[], object]:
    return partial(current_app.tasks[line["task"]].run, **line.get("kwargs", {}))


@pytest.mark.timeout(300)
def test_every_task_of_the_timetable_may_run_twice_at_once(shop: Shop):
    current_app.loader.import_default_modules()
    dave = member("dave", "payments.refund_purchase")
    lost, refunded, given_up = shop.start("alice"), shop.buy("bob"), shop.start("carol")
    shop.stripe.drop_next(count=100)
    shop.stripe.pay(str(lost.stripe_session_id))
    Purchase.objects.filter(id=given_up.id).update(
        stripe_session_id=None, status="started", expires_at=timezone.now()
    )
    shop.stripe.fail_next(2, kind="reset_after", path="/v1/refunds")
    with pytest.raises(PaymentsUnavailable):
        start_refund(
            purchase_id=refunded.id,
            amount_cents=None,
            reason=RefundReason.REQUESTED_BY_CUSTOMER,
            note="",
            idempotency_key="k",
            actor=dave,
            now=timezone.now(),
        )

    with time_machine.travel(timezone.now() + ON_ITS_WAY):
        for line in (
            *TIMETABLE.values(),
            TIMETABLE["mirror.deliver"],
        ):  # the last shows what the others have done
            race([work(line), work(line)])

    assert Entry.objects.filter(type="purchase").count() == 2
    assert (shop.wallet("alice").balance, shop.wallet("bob").balance) == (250, 0)
    assert Refund.objects.get().status == "succeeded"
    assert Purchase.objects.get(id=given_up.id).status == "expired"
    assert len({(alert.kind, alert.dedup_key) for alert in Alert.objects.all()}) == Alert.objects.count()
    shown = shop.document(f"users/{shop.wallet('alice').document_id}")
    assert shown
    assert shown["tokenBalance"] == 250
