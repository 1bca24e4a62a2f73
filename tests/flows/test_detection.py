"""What customers, cards and addresses do becomes an alert: in PostgreSQL, in the admin and in Firestore, once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from foundation.ids import new_id
from identity.kinds import SYSTEM_ACTOR
from identity.models import User
from payments.models import CardUse, Decline, InboxEvent, Purchase
from payments.services import cards
from payments.services.watch import watch_customers
from security import limits
from security.kinds import Breach, Limit, Resolution
from security.models import Alert, LimitRefusal
from security.services.alerts import acknowledge_alert, resolve_alert
from security.services.limit_refusals import label_refusal, note_refusal
from security.services.signatures import note_bad_signature
from tests.admin.rows import person
from tests.support.freezing import unfreeze
from tests.support.shop import Shop
from tests.support.watching import watch
from tokens.errors import AccountFrozen
from tokens.kinds import FreezeCause
from tokens.models import Freeze

DECLINED = "4000000000000002"


def bought(shop: Shop, name: str, **fields: object) -> Purchase:
    """A purchase of the customer's, with fields as later events would have written them."""
    wallet = shop.wallet(name)
    facts = {
        "package_id": "basic",
        "idempotency_key": str(new_id()),
        "tokens": 200,
        "bonus_tokens": 50,
        "price_cents": 1499,
        "currency": "usd",
        "wallet_account_id": wallet.account_id,
        "wallet_document_id": wallet.document_id,
        "stripe_price_id": "price_1",
        "started_at": timezone.now(),
        "expires_at": timezone.now(),
    }
    return Purchase.objects.create(buyer=shop.customer(name), **facts | fields)


def quarantine(shop: Shop, name: str, count: int) -> None:
    for _ in range(count):
        bought(
            shop,
            name,
            status="quarantined",
            quarantine_reason="amount_differs",
            closed_at=timezone.now(),
        )


def pays_too_fast(shop: Shop) -> None:
    for _ in range(limits.VELOCITY_PURCHASES_MAX + 1):
        shop.buy("alice", "starter")


def is_declined_too_often(shop: Shop) -> None:
    purchase = bought(shop, "alice")
    for _ in range(limits.DECLINES_OF_CUSTOMER_MAX + 1):
        Decline.objects.create(
            purchase=purchase,
            buyer_id=purchase.buyer_id,
            charge_id=f"ch_{new_id().hex}",
            code="generic_decline",
            declined_at=timezone.now(),
        )


def pays_what_was_not_sold(shop: Shop) -> None:
    quarantine(shop, "alice", limits.MISMATCHES_MAX + 1)


def shares_a_card(shop: Shop) -> None:
    for number in range(limits.ACCOUNTS_OF_CARD_MAX + 1):
        shop.buy(f"customer-{number}", "starter")


def shares_an_address(shop: Shop) -> None:
    for number in range(limits.ACCOUNTS_OF_ADDRESS_MAX + 1):
        bought(shop, f"customer-{number}", address="198.51.100.7")


def is_refused_again_and_again(shop: Shop) -> None:
    now = timezone.now()
    breach = Breach(Limit.HOURLY, 5, now, now + timedelta(hours=1))
    for _ in range(limits.REFUSALS_OF_CUSTOMER_MAX + 1):
        note_refusal(breach=breach, user_id=shop.customer("alice").id, now=now)


def calls_without_a_signature(_shop: Shop) -> None:
    cache.clear()
    for _ in range(limits.BAD_SIGNATURE_BURST):
        note_bad_signature(now=timezone.now())


@pytest.mark.parametrize(
    ("somebody", "kind", "severity"),
    [
        (pays_too_fast, "purchase_velocity", "medium"),
        (is_declined_too_often, "many_declines", "medium"),
        (pays_what_was_not_sold, "repeated_mismatches", "high"),
        (shares_a_card, "shared_card", "high"),
        (shares_an_address, "shared_address", "medium"),
        (is_refused_again_and_again, "repeated_refusals", "low"),
        (calls_without_a_signature, "bad_signatures", "high"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_a_rule_finds_is_shown_everywhere_once_however_often_it_trips(
    shop: Shop, client: Client, somebody: Callable[[Shop], None], kind: str, severity: str
) -> None:
    watch()
    assert not Alert.objects.exists()

    somebody(shop)
    for _ in range(3):
        watch()
    shop.drain()

    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.version) == (kind, severity, 1)
    shown = shop.document(f"security_alerts/{alert.id}")
    assert shown is not None
    assert (shown["kind"], shown["count"], shown["status"]) == (kind, alert.count, "open")
    client.force_login(person("carol", is_staff=True, is_superuser=True))
    listed = client.get(reverse("admin:security_alert_changelist")).content.decode()
    assert listed.count(f"/admin/security/alert/{alert.id}/change/") == 1
    assert client.get(reverse("admin:security_alert_change", args=[alert.id])).status_code == 200


def resolve(alert: Alert, *, now: datetime) -> None:
    acknowledge_alert(alert_id=alert.id, actor=SYSTEM_ACTOR, now=now)
    resolve_alert(alert_id=alert.id, resolution=Resolution.MISTAKE, actor=SYSTEM_ACTOR, now=now)


def test_what_somebody_has_judged_is_raised_again_only_by_something_new(shop: Shop) -> None:
    quarantine(shop, "alice", 2)
    watch_customers(now=timezone.now())
    resolve(Alert.objects.get(), now=timezone.now())

    assert watch_customers(now=timezone.now()) == 0
    quarantine(shop, "alice", 1)
    assert watch_customers(now=timezone.now()) == 1

    assert sorted(Alert.objects.values_list("status", "count")) == [("open", 3), ("resolved", 2)]


def test_what_goes_on_rises_on_the_same_alert(shop: Shop) -> None:
    shares_an_address(shop)
    watch()
    bought(shop, "dora", address="198.51.100.7")
    watch()
    alert = Alert.objects.get()
    assert (alert.count, alert.version) == (limits.ACCOUNTS_OF_ADDRESS_MAX + 2, 2)


def test_repeated_mismatches_freeze_the_wallet_once_and_the_alert_names_the_freeze(shop: Shop) -> None:
    quarantine(shop, "alice", limits.MISMATCHES_FREEZING)
    watch()
    watch()

    alert, freeze = Alert.objects.get(), Freeze.objects.get()
    assert (alert.severity, alert.freeze_id) == ("critical", freeze.id)
    assert (freeze.cause, freeze.reference, freeze.frozen_by_kind) == ("rule", str(alert.id), "system")
    with pytest.raises(AccountFrozen):
        shop.start("alice")

    assert unfreeze(shop.customer("alice"), cause=FreezeCause.RULE, reference=freeze.reference)
    quarantine(shop, "alice", 1)
    watch()
    assert not shop.wallet("alice").frozen  # staff have lifted it, and this alert freezes once


def test_in_a_flood_each_finding_is_counted_once_and_each_customer_is_frozen(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ALERTS_OPENED_MAX", 1)
    names = ("alice", "bob", "dora")
    for name in names:
        quarantine(shop, name, limits.MISMATCHES_FREEZING)
    for _ in range(3):
        watch()

    flood = Alert.objects.get(kind="alert_flood")
    assert (flood.count, flood.version, flood.freeze_id) == (2, 2, None)  # two freezes are not one
    assert Alert.objects.get(kind="repeated_mismatches").freeze_id
    assert all(shop.wallet(name).frozen for name in names)

    resolve(flood, now=timezone.now())
    watch()
    assert Alert.objects.exclude(status="resolved").count() == 1  # what was judged with the flood is judged


def test_what_grows_older_is_not_seen_again(shop: Shop) -> None:
    is_refused_again_and_again(shop)
    earlier = timezone.now() - limits.ACTIVITY_WINDOW / 2
    LimitRefusal.objects.update(first_refused_at=earlier, last_refused_at=earlier)
    is_refused_again_and_again(shop)
    watch()
    seen = Alert.objects.get()

    LimitRefusal.objects.order_by("first_refused_at")[:1].get().delete()  # as if it were past the window
    watch()

    alert = Alert.objects.get()
    assert (alert.count, alert.last_seen_at) == (seen.count, seen.last_seen_at)


def test_whoever_has_no_wallet_is_alerted_about_and_not_frozen(shop: Shop) -> None:
    quarantine(shop, "alice", limits.MISMATCHES_FREEZING)
    operator = User.objects.create(email="operator@example.com")
    Purchase.objects.update(buyer=operator)
    watch()
    assert (Alert.objects.get().user_id, Alert.objects.get().freeze_id) == (operator.id, None)


def test_a_card_is_noted_once_whether_it_pays_or_is_declined(shop: Shop) -> None:
    purchase = shop.start("alice")
    shop.pay(purchase, DECLINED)
    shop.pay(purchase)
    (charged,) = InboxEvent.objects.filter(type="charge.succeeded")
    assert charged.outcome == "card_noted"
    shop.stripe.duplicate(charged.stripe_event_id)

    uses = CardUse.objects.order_by("used_at")
    assert [use.buyer for use in uses] == [shop.customer("alice")] * 2
    assert len({use.fingerprint for use in uses}) == 2
    assert str(uses[0]) == f"{uses[0].fingerprint} {uses[0].charge_id}"


@pytest.mark.parametrize(
    "charge",
    [
        {},
        {"id": "ch_1", "metadata": None, "payment_method_details": {"card": {"fingerprint": "fp"}}},
        {
            "id": "ch_1",
            "metadata": {"purchase_id": "x"},
            "payment_method_details": {"card": {"fingerprint": "fp"}},
        },
        {"id": "ch_1", "metadata": {}, "payment_method_details": {"card": {"fingerprint": "fp"}}},
        {
            "id": "ch_1",
            "metadata": {"purchase_id": "01a20573-c2c8-711d-ac36-000000000000"},
            "payment_method_details": {"card": {"fingerprint": "fp"}},
        },
        {"id": "ch_1", "payment_method_details": {"us_bank_account": {}}},
    ],
    ids=str,
)
@pytest.mark.django_db
def test_a_charge_that_tells_of_no_card_or_no_purchase_of_ours_is_ignored(charge: dict[str, object]) -> None:
    assert cards.note_charge(charge=charge, now=timezone.now()) == "ignored"
    assert not CardUse.objects.exists()


def test_refusals_that_staff_call_a_mistake_do_not_count(shop: Shop) -> None:
    is_refused_again_and_again(shop)
    label_refusal(
        refusal_id=LimitRefusal.objects.get().id, is_mistake=True, actor=SYSTEM_ACTOR, now=timezone.now()
    )
    watch()
    assert not Alert.objects.exists()
