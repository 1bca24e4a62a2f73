"""What staff do, by the service that does it, each ready to be asked by whoever is given."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from backoffice.services.exports import begin_export
from identity.kinds import Right, Scope
from identity.services import api_keys
from identity.services.staff import Standing, set_standing
from mirror.services.outbox import rebuild_subject, retry_parked
from payments.kinds import InboxStatus, RefundReason
from payments.services import again, quarantine
from payments.services.catalogue import publish_package, retire_package
from payments.services.reconciliation import cases
from security.kinds import OverrideKind, Resolution
from security.services import alerts
from security.services.freezing import freeze_customer
from security.services.limit_refusals import label_refusal
from security.services.overrides import grant_override, override_for_alert, revoke_override
from security.services.purchase_limits import set_purchase_limits
from tests.admin import payment_rows, rows
from tests.support.refunds import start_refund
from tokens.kinds import AccountKind, EntryType, FreezeCause
from tokens.services import corrections, ledger, wallets

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Action = Callable[..., object]
WHY = "They asked."


def freeze() -> Action:
    account_id = rows.wallet().account_id
    return lambda actor: wallets.freeze(
        account_id=account_id,
        cause=FreezeCause.STAFF,
        reference="1",
        reason="They asked.",
        actor=actor,
        now=NOW,
    )


def unfreeze() -> Action:
    found = rows.freeze()
    return lambda actor: wallets.unfreeze(
        account_id=found.account_id,
        cause=FreezeCause(found.cause),
        reference=found.reference,
        reason="They asked.",
        actor=actor,
        now=NOW,
    )


def lift() -> Action:
    freeze_id = rows.freeze().id
    return lambda actor: wallets.lift_freeze(freeze_id=freeze_id, reason="Fine.", actor=actor, now=NOW)


def freeze_for_alert() -> Action:
    alert_id = rows.alert().id
    return lambda actor: freeze_customer(alert_id=alert_id, reason="Fraud.", actor=actor, now=NOW)


def override(alert_id: Any = None) -> Action:
    user_id = rows.person("alice").id
    asked: dict[str, Any] = {"kind": OverrideKind.UNLIMITED, "reason": "A class.", "now": NOW}
    asked["ends_at"] = NOW + timedelta(days=1)
    if alert_id is not None:
        return lambda actor: override_for_alert(alert_id=alert_id, actor=actor, **asked)
    return lambda actor: grant_override(user_id=user_id, actor=actor, **asked)


def revoke() -> Action:
    override_id = rows.override().id
    return lambda actor, reason=WHY: revoke_override(
        override_id=override_id, reason=reason, actor=actor, now=timezone.now()
    )


def set_limits() -> Action:
    rows.purchase_limits()
    return lambda actor: set_purchase_limits(hourly_max=3, daily_max=9, reason="Abuse.", actor=actor, now=NOW)


def label() -> Action:
    refusal_id = rows.limit_refusal().id
    return lambda actor, reason=WHY: label_refusal(
        refusal_id=refusal_id, is_mistake=True, reason=reason, actor=actor, now=NOW
    )


def acknowledge() -> Action:
    alert_id = rows.alert().id
    return lambda actor, reason=WHY: alerts.acknowledge_alert(
        alert_id=alert_id, reason=reason, actor=actor, now=NOW
    )


def assign() -> Action:
    alert_id, assignee = rows.alert().id, rows.person("erin", is_staff=True).id
    return lambda actor, reason=WHY: alerts.assign_alert(
        alert_id=alert_id, assignee_id=assignee, reason=reason, actor=actor, now=NOW
    )


def resolve() -> Action:
    alert_id = rows.alert().id
    alerts.acknowledge_alert(alert_id=alert_id, reason=WHY, actor=rows.staff_actor(), now=NOW)
    return lambda actor, reason=WHY: alerts.resolve_alert(
        alert_id=alert_id, resolution=Resolution.FRAUD, reason=reason, actor=actor, now=NOW
    )


def resend() -> Action:
    event_id = rows.event(type="customer.created", status=InboxStatus.PARKED).id
    return lambda actor, reason=WHY: again.resend_event(
        event_id=event_id, reason=reason, actor=actor, now=NOW
    )


def retry() -> Action:
    row_id = rows.outbox_row("alice", parked_at=NOW, attempts=20, last_error="mirror_conflict").pk
    return lambda actor, reason=WHY: retry_parked(row_ids=[row_id], reason=reason, actor=actor, now=NOW)


def rebuild() -> Action:
    return lambda actor, reason=WHY: rebuild_subject(
        kind="wallet", subject_id="alice", reason=reason, actor=actor, now=NOW
    )


def ask_stripe() -> Action:
    purchase_id = rows.purchase(stripe_session_id="cs_test_unknown").id
    return lambda actor, reason=WHY: again.ask_stripe_again(
        purchase_id=purchase_id, reason=reason, actor=actor, now=NOW
    )


def refund() -> Action:
    purchase_id = rows.settled_purchase().id
    return lambda actor: start_refund(
        purchase_id=purchase_id,
        amount_cents=None,
        reason=RefundReason.DUPLICATE,
        note="Twice.",
        idempotency_key=str(uuid4()),
        actor=actor,
        now=NOW,
    )


def publish() -> Action:
    rows.package()
    return lambda actor, reason=WHY: publish_package(
        code="silver", terms=rows.BASIC, reason=reason, actor=actor, now=NOW
    )


def retire() -> Action:
    rows.package()
    return lambda actor, reason=WHY: retire_package(code="basic", reason=reason, actor=actor, now=NOW)


def make_key() -> Action:
    return lambda actor: api_keys.create_api_key(
        service="renderer", scopes=[Scope.TOKENS_READ], actor=actor, now=NOW
    )


def revoke_key() -> Action:
    key = rows.api_key()
    return lambda actor, reason=WHY: api_keys.revoke(api_key=key, reason=reason, actor=actor, now=NOW)


def set_role() -> Action:
    user_id = rows.person("erin").id
    standing = Standing(is_staff=True, is_superuser=False, roles=frozenset())
    return lambda actor, reason=WHY: set_standing(
        user_id=user_id, standing=standing, actor=actor, reason=reason, now=NOW
    )


def release() -> Action:
    facts: dict[str, Any] = {
        "status": "quarantined",
        "quarantine_reason": "amount_differs",
        "paid_cents": 1400,
    }
    purchase_id = rows.purchase(**facts).id
    return lambda actor, reason=WHY: quarantine.release(
        purchase_id=purchase_id, reason=reason, actor=actor, now=NOW
    )


def adjust() -> Action:
    account_id = rows.wallet().account_id
    return lambda actor, reason=WHY: corrections.adjust(
        account_id=account_id, tokens=5, key=str(uuid4()), reason=reason, actor=actor, now=timezone.now()
    )


def reverse() -> Action:
    given = ledger.post(
        entry_type=EntryType.GRANT,
        reference="grant:1",
        account_id=rows.wallet().account_id,
        counter_lines={AccountKind.PROMOTIONS: -5},
        now=NOW,
    )
    return lambda actor, reason=WHY: corrections.reverse_entry(
        entry_id=given.entry_id, key=str(uuid4()), reason=reason, actor=actor, now=timezone.now()
    )


def resolve_case() -> Action:
    case_id = payment_rows.discrepancy_of().id
    return lambda actor: cases.resolve_discrepancy(discrepancy_id=case_id, reason=WHY, actor=actor, now=NOW)


def assign_case() -> Action:
    case_id, assignee = payment_rows.discrepancy_of().id, rows.person("erin", is_staff=True).id
    return lambda actor, reason=WHY: cases.assign_discrepancy(
        discrepancy_id=case_id, assignee_id=assignee, reason=reason, actor=actor, now=NOW
    )


def export() -> Action:
    return lambda actor: begin_export(
        actor=actor, table="tokens.entry", filters={}, is_searched=False, now=NOW
    )


ACTIONS: dict[str, tuple[Right, Callable[[], Action], str]] = {
    "freeze": (Right.FREEZE_WALLET, freeze, "wallet.freeze"),
    "unfreeze": (Right.FREEZE_WALLET, unfreeze, "wallet.unfreeze"),
    "lift a freeze": (Right.FREEZE_WALLET, lift, "wallet.unfreeze"),
    "freeze for an alert": (Right.FREEZE_WALLET, freeze_for_alert, "wallet.freeze"),
    "grant an override": (Right.GRANT_OVERRIDE, override, "override.grant"),
    "override for an alert": (
        Right.GRANT_OVERRIDE,
        lambda: override(rows.alert().id),
        "override.grant",
    ),
    "revoke an override": (Right.GRANT_OVERRIDE, revoke, "override.revoke"),
    "set limits": (Right.SET_LIMITS, set_limits, "limits.set"),
    "label a refusal": (Right.LABEL_REFUSAL, label, "limitrefusal.label"),
    "acknowledge an alert": (Right.HANDLE_ALERT, acknowledge, "alert.acknowledge"),
    "assign an alert": (Right.HANDLE_ALERT, assign, "alert.assign"),
    "resolve an alert": (Right.HANDLE_ALERT, resolve, "alert.resolve"),
    "resend an event": (Right.RESEND_EVENT, resend, "inboxevent.resend"),
    "retry a mirror": (Right.RETRY_MIRROR, retry, "mirror.retry"),
    "rebuild a mirror": (Right.RETRY_MIRROR, rebuild, "mirror.rebuild"),
    "ask Stripe": (Right.ASK_STRIPE, ask_stripe, "purchase.ask_stripe"),
    "refund": (Right.REFUND_PURCHASE, refund, "purchase.refund"),
    "publish a package": (Right.PUBLISH_PACKAGE, publish, "package.publish"),
    "retire a package": (Right.PUBLISH_PACKAGE, retire, "package.retire"),
    "release a purchase": (Right.SETTLE_QUARANTINED, release, "purchase.release"),
    "adjust a wallet": (Right.ADJUST, adjust, "wallet.adjust"),
    "reverse an entry": (Right.REVERSE_ENTRY, reverse, "entry.reverse"),
    "resolve a discrepancy": (Right.HANDLE_DISCREPANCY, resolve_case, "discrepancy.resolve"),
    "assign a discrepancy": (Right.HANDLE_DISCREPANCY, assign_case, "discrepancy.assign"),
    "export rows": (Right.EXPORT, export, "rows.export"),
    "make a key": (Right.MANAGE_API_KEYS, make_key, "apikey.create"),
    "say who works here": (Right.MANAGE_STAFF, set_role, "user.set_standing"),
    "revoke a key": (Right.MANAGE_API_KEYS, revoke_key, "apikey.revoke"),
}

WITH_REASON = (
    *("label a refusal", "acknowledge an alert", "assign an alert", "resolve an alert", "resend an event"),
    *("ask Stripe", "revoke an override", "revoke a key", "assign a discrepancy", "say who works here"),
    *("retry a mirror", "rebuild a mirror", "publish a package", "retire a package"),
    *("release a purchase", "adjust a wallet", "reverse an entry"),
)
