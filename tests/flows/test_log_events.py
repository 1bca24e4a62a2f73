"""Every log event that is promised is written by what it tells of: one line of JSON with its fields."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from foundation.errors import Refusal
from identity.kinds import SYSTEM_ACTOR, Actor, ActorKind
from identity.services import audit
from mirror.errors import FirestoreUnavailable
from mirror.gateways import firestore
from mirror.services.dispatch import deliver_due
from payments.models import InboxEvent, PackagePublication, Purchase
from payments.services import inbox
from security.kinds import OverrideKind, Resolution
from security.models import Alert
from security.services.alerts import acknowledge_alert, resolve_alert
from security.services.overrides import grant_override
from tests.support.database import as_owner
from tests.support.logged import Line, lines
from tests.support.promised import EVENTS
from tests.support.reconciling import checked
from tests.support.shop import Shop
from tests.support.webhook import post

__all__ = ["lines"]

NOWHERE = "00000000-0000-4000-8000-000000000000"


def sell(shop: Shop) -> None:
    """Sold, given back, disputed and won; and one that is refused at Stripe."""
    given_back, disputed = shop.buy("alice"), shop.buy("bob")
    shop.stripe.refund(str(given_back.stripe_payment_intent_id))
    dispute = shop.stripe.dispute(str(disputed.stripe_payment_intent_id))
    shop.stripe.wait_until_idle(ignore_retries=True)  # told first, that it is opened
    shop.stripe.move_dispute(dispute["id"], "win")
    shop.stripe.emit("charge.succeeded", {"id": "ch_live", "object": "charge"}, livemode=True)
    shop.stripe.wait_until_idle(ignore_retries=True)
    post(b"{}", "t=1,v1=0")
    price = PackagePublication.objects.get(package_id="pro")
    PackagePublication.objects.filter(id=price.id).update(stripe_price_id="price_nowhere")
    with suppress(Refusal):
        shop.start("carol", "pro")
    PackagePublication.objects.filter(id=price.id).update(stripe_price_id=price.stripe_price_id)


def go_wrong(shop: Shop) -> None:
    """One that is not as sold, one that cannot be credited at first, one of which we are told nothing; too many."""
    bent, failing = shop.start("dave"), shop.start("erin")
    Purchase.objects.filter(id=bent.id).update(price_cents=1)
    shop.pay(bent)
    wallet = failing.wallet_account_id
    Purchase.objects.filter(id=failing.id).update(wallet_account_id=NOWHERE)
    shop.pay(failing)
    Purchase.objects.filter(id=failing.id).update(wallet_account_id=wallet)
    inbox.process_due_events(now=timezone.now() + timedelta(minutes=5))
    InboxEvent.objects.filter(purchase_id=failing.id, type="checkout.session.completed").delete()
    checked("events", repairs=True)
    with suppress(Refusal):
        for _ in range(6):
            shop.start("frank")


def mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown; not shown while Firestore is away; given up where nothing tells what to show."""
    with monkeypatch.context() as away:

        def unavailable(*_: object, **__: object) -> None:
            raise FirestoreUnavailable("away")

        away.setattr(firestore, "read", unavailable)
        deliver_due(clock=timezone.now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT mirror_mark_stale('nobodys', 'x')")
    deliver_due(clock=lambda: timezone.now() + timedelta(minutes=1))


def judge(shop: Shop) -> None:
    """What staff do."""
    now, alert = timezone.now(), Alert.objects.filter(status="open")[0]
    acknowledge_alert(alert_id=alert.id, actor=SYSTEM_ACTOR, now=now)
    resolve_alert(alert_id=alert.id, resolution=Resolution.FIXED, actor=SYSTEM_ACTOR, now=now)
    grant_override(
        user_id=shop.customer("alice").id,
        kind=OverrideKind.UNLIMITED,
        reason="A good customer.",
        ends_at=now + timedelta(days=1),
        actor=SYSTEM_ACTOR,
        now=now,
    )
    staff = Actor(ActorKind.STAFF, str(shop.customer("alice").id))
    audit.record(actor=staff, action="x.y", subject_kind="user", subject_id="1", now=now)


@pytest.mark.timeout(300)
def test_each_promised_event_is_written_with_its_request(
    shop: Shop, lines: Callable[[], list[Line]], monkeypatch: pytest.MonkeyPatch
):
    sell(shop)
    go_wrong(shop)
    mirror(monkeypatch)
    judge(shop)

    told = lines()
    assert EVENTS.keys() - {line["event"] for line in told} == set()
    lacking = [
        (line, fields - line.keys()) for line in told if (fields := EVENTS.get(line["event"], frozenset()))
    ]
    assert [each for each in lacking if each[1]] == []
    assert [line for line in told if "@" in str(line)] == [], "nobody's address"
    settled = {
        line["request_id"] for line in told if line["event"] == "purchase.settled" and "request_id" in line
    }
    posted = {line.get("request_id") for line in told if line["event"] == "ledger.posted"}
    assert settled
    assert settled <= posted
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM mirror_outboxrow WHERE kind = 'nobodys'")
