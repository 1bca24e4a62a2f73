"""One row of every table that has a page in the admin, made as far as possible by the product itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from foundation.ids import new_id
from identity.kinds import SYSTEM_ACTOR, Actor, ActorKind, Scope
from identity.models import ApiKey, AuditRecord, User
from identity.services import audit
from identity.services.accounts import open_account_for_email
from identity.services.api_keys import create_api_key
from mirror.models import Drift, MirroredDocument, MirroredSubject, OutboxRow
from payments.kinds import InboxStatus, Outcome, PurchaseStatus
from payments.models import InboxEvent, Purchase, StripeCustomer
from security.kinds import AlertKind, Breach, Limit, OverrideKind, Severity
from security.models import Alert, LimitRefusal, Override, PurchaseLimits
from security.services.alerts import raise_alert
from security.services.limit_refusals import note_refusal
from security.services.overrides import grant_override
from security.services.purchase_limits import set_purchase_limits
from tests.admin.device_rows import device_of
from tests.admin.payment_rows import RECONCILED, dispute_of, publication_of, refund_of
from tests.admin.proposal_rows import proposal_of
from tokens.kinds import AccountKind, EntryType, FreezeCause, PackageTerms, ServiceCall
from tokens.models import Entry, Freeze, Hold, Lot, Package, Wallet
from tokens.queries.wallets import wallet_of
from tokens.services import holds, wallets
from tokens.services.ledger import post
from tokens.services.packages import put_on_sale

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BASIC = PackageTerms(name="Basic", description="For a start", tokens=200, bonus_tokens=50, price_cents=1499)


def person(name: str, **fields: Any) -> User:
    """A customer with a wallet; with `is_staff` or `is_superuser`, somebody who works here."""
    found = User.objects.filter(email=f"{name}@example.com").first()
    user = found or open_account_for_email(
        email=f"{name}@example.com", password=None, now=NOW, email_verified=True
    )
    if fields:
        User.objects.filter(id=user.id).update(**fields)
        user.refresh_from_db()
    return user


def package() -> Package:
    put_on_sale(code="basic", terms=BASIC, now=NOW)
    return Package.objects.get(code="basic")


def purchase(name: str = "alice", **fields: Any) -> Purchase:
    """A purchase of Basic that waits to be paid."""
    buyer = person(name)
    wallet = wallet_of(buyer.id)
    package()
    facts: dict[str, Any] = {
        "status": PurchaseStatus.OPEN,
        "idempotency_key": str(new_id()),
        "tokens": 200,
        "bonus_tokens": 50,
        "price_cents": 1499,
        "currency": "usd",
        "wallet_account_id": wallet.account_id,
        "wallet_document_id": wallet.document_id,
        "stripe_price_id": "price_1",
        "stripe_session_id": f"cs_test_{name}",
        "stripe_payment_intent_id": f"pi_{name}",
        "started_at": NOW,
        "expires_at": NOW,
    }
    return Purchase.objects.create(buyer=buyer, package_id="basic", **facts | fields)


def settled_purchase(name: str = "alice") -> Purchase:
    """A purchase that was paid, credited and told by an event."""
    bought = purchase(name)
    posted = post(
        entry_type=EntryType.PURCHASE,
        reference=f"purchase:{bought.id}",
        account_id=bought.wallet_account_id,
        counter_lines={AccountKind.ISSUANCE: -200, AccountKind.PROMOTIONS: -50},
        now=NOW,
        purchase_id=bought.id,
        package_code="basic",
    )
    Purchase.objects.filter(id=bought.id).update(
        status=PurchaseStatus.SETTLED, settled_at=NOW, entry_id=posted.entry_id
    )
    event(purchase_id=bought.id)
    bought.refresh_from_db()
    return bought


def entry() -> Entry:
    return Entry.objects.get(purchase_id=settled_purchase().id)


def wallet() -> Wallet:
    return Wallet.objects.get(account_id=settled_purchase().wallet_account_id)


def lot() -> Lot:
    return Lot.objects.get(entry=entry(), kind="purchased")


def hold() -> Hold:
    """What a service has set aside of Alice's tokens."""
    return holds.place(
        user_id=settled_purchase().buyer_id,
        amount=20,
        expires_at=NOW + timedelta(hours=1),
        call=ServiceCall("renderer", str(new_id()), "Rendering"),
        now=NOW,
    )


def api_key() -> ApiKey:
    create_api_key(service="renderer", scopes=[Scope.TOKENS_READ], actor=SYSTEM_ACTOR, now=NOW)
    return ApiKey.objects.get()


def audit_record() -> AuditRecord:
    who: dict[str, Any] = {"actor": staff_actor(), "subject_kind": "user", "subject_id": person("alice").id}
    return AuditRecord.objects.get(id=audit.record(action="user.change", now=NOW, **who))


def freeze(name: str = "alice") -> Freeze:
    """An open freeze by staff."""
    freeze_id = wallets.freeze(
        account_id=wallet_of(person(name).id).account_id,
        cause=FreezeCause.STAFF,
        reference=str(new_id()),
        reason="Their card was reported as stolen.",
        actor=staff_actor(),
        now=NOW,
    )
    return Freeze.objects.get(id=freeze_id)


def event(**fields: Any) -> InboxEvent:
    """A webhook's event that was handled."""
    facts: dict[str, Any] = {
        "stripe_event_id": f"evt_{new_id().hex}",
        "type": "checkout.session.completed",
        "payload": {"id": "evt_1", "data": {"object": {"id": "cs_test_alice", "amount_total": 1499}}},
        "object_id": "cs_test_alice",
        "payment_intent_id": "pi_alice",
        "status": InboxStatus.PROCESSED,
        "outcome": Outcome.SETTLED,
        "stripe_created_at": NOW,
        "received_at": NOW,
    }
    return InboxEvent.objects.create(**facts | fields)


def alert(key: str = "purchase-1", **fields: Any) -> Alert:
    """An alert that nobody has seen yet."""
    facts: dict[str, Any] = {
        "kind": AlertKind.PURCHASE_QUARANTINED,
        "severity": Severity.HIGH,
        "summary": "The amount differs.",
        "subject": {"purchase_id": key, "user_id": str(person("alice").id)},
        "now": NOW,
    }
    raise_alert(dedup_key=key, **facts | fields)
    return Alert.objects.get(dedup_key=key)


def staff_actor() -> Actor:
    return Actor(ActorKind.STAFF, str(person("grantor", is_staff=True, is_superuser=True).id))


def override(name: str = "alice", **fields: Any) -> Override:
    """An override that is in force now."""
    now = timezone.now()
    facts: dict[str, Any] = {"kind": OverrideKind.NUMBERS, "hourly_max": 8, "reason": "They buy for a class."}
    facts["ends_at"] = now + timedelta(days=1)
    return grant_override(user_id=person(name).id, actor=staff_actor(), now=now, **facts | fields)


def limit_refusal(name: str = "alice", *, limit: Limit = Limit.HOURLY, times: int = 1) -> LimitRefusal:
    """So many refusals of one customer in an hour."""
    breach = Breach(limit, 5, NOW, NOW + timedelta(hours=1))
    for _ in range(times):
        note_refusal(breach=breach, user_id=person(name).id, address="198.51.100.7", now=NOW)
    return LimitRefusal.objects.get(user=person(name), limit=limit)


def purchase_limits(hourly_max: int = 4, daily_max: int = 16) -> PurchaseLimits:
    """The two numbers, as somebody has set them."""
    return set_purchase_limits(
        hourly_max=hourly_max,
        daily_max=daily_max,
        reason="A wave of stolen cards.",
        actor=staff_actor(),
        now=NOW,
    )


def outbox_row(subject_id: str = "alice", **fields: Any) -> OutboxRow:
    """A subject that waits to be mirrored, or with `parked_at` one that was given up."""
    return OutboxRow.objects.create(
        kind="wallet", subject_id=subject_id, **{"stale_since": NOW, "due_at": NOW} | fields
    )


def periodic_task() -> PeriodicTask:
    every_hour = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    return PeriodicTask.objects.create(name="Watch", task="security.watch", interval=every_hour)


MAKERS: dict[str, Callable[[], models.Model]] = {
    "payments.Purchase": settled_purchase,
    "payments.InboxEvent": event,
    "payments.PackagePublication": lambda: publication_of(package()),
    "payments.Refund": lambda: refund_of(settled_purchase()),
    "payments.Dispute": lambda: dispute_of(settled_purchase()),
    "payments.StripeCustomer": lambda: StripeCustomer.objects.create(
        user=person("alice"), stripe_customer_id="cus_1", created_at=NOW
    ),
    "tokens.Package": package,
    "tokens.Entry": entry,
    "tokens.Wallet": wallet,
    "tokens.Freeze": freeze,
    "tokens.Lot": lot,
    "tokens.Hold": hold,
    "identity.ApiKey": api_key,
    "identity.AuditRecord": audit_record,
    "mirror.OutboxRow": outbox_row,
    "mirror.MirroredSubject": lambda: MirroredSubject.objects.create(
        kind="wallet", subject_id="alice", version=3, delivered_at=NOW
    ),
    "mirror.MirroredDocument": lambda: MirroredDocument.objects.create(
        path="transactions/1", kind="wallet", subject_id="alice", delivered_at=NOW
    ),
    "mirror.Drift": lambda: Drift.objects.create(
        kind="wallet", subject_id="alice", missing=1, example_path="transactions/1", found_at=NOW
    ),
    "backoffice.Proposal": lambda: proposal_of(
        person("alice"), person("frank", is_staff=True, is_superuser=True)
    ),
    "security.Alert": alert,
    "security.LimitRefusal": limit_refusal,
    "security.Override": override,
    "security.PurchaseLimits": purchase_limits,
    "identity.User": lambda: person("alice"),
    "account.EmailAddress": lambda: EmailAddress.objects.get(user=person("alice")),
    "socialaccount.SocialAccount": lambda: SocialAccount.objects.create(
        user=person("alice"), provider="google", uid="1"
    ),
    "usersessions.UserSession": lambda: device_of(person("alice")),
    "auth.Group": lambda: Group.objects.create(name="Support"),
    "django_celery_beat.PeriodicTask": periodic_task,
    "django_celery_beat.IntervalSchedule": lambda: IntervalSchedule.objects.create(every=1, period="hours"),
    "django_celery_beat.CrontabSchedule": CrontabSchedule.objects.create,
    "django_celery_beat.ClockedSchedule": lambda: ClockedSchedule.objects.create(clocked_time=NOW),
    "django_celery_beat.SolarSchedule": lambda: SolarSchedule.objects.create(
        event="sunrise", latitude=1, longitude=1
    ),
} | RECONCILED


def row_of(label: str) -> models.Model:
    """A row of this table."""
    return stripe_copy(label) if label.startswith("djstripe.") else MAKERS[label]()


def stripe_copy(label: str) -> models.Model:
    """A row of dj-stripe's: whatever columns there are beside Stripe's own object."""
    model = apps.get_model(label)
    fields: dict[str, Any] = {"id": f"{model._meta.model_name}_1"}
    status = {"Dispute": "needs_response", "BalanceTransaction": "available"}.get(model.__name__, "open")
    fields["stripe_data"] = {"object": model.__name__, "status": status}
    for field in model._meta.fields:
        if field.null or field.has_default() or field.blank or field.name in fields or field.auto_created:
            continue
        if isinstance(field, models.ForeignKey):
            fields[field.name] = stripe_copy(field.related_model._meta.label)
        else:
            is_number = isinstance(field, models.IntegerField | models.DecimalField | models.BooleanField)
            fields[field.name] = 1 if is_number else "usd"
    created: models.Model = model.objects.create(**fields)
    return created
