"""Has the detection rules look at facts, and raises an alert for each that one of them finds."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from identity.kinds import SYSTEM_ACTOR
from security.kinds import AddressActivity, CardActivity, CustomerActivity, Finding
from security.limits import ACTIVITY_WINDOW
from security.queries.alerts import is_flood, last_resolved_at, unresolved_sight
from security.queries.limit_refusals import refusals_since
from security.rules.declines import find_declines
from security.rules.mismatches import find_mismatches
from security.rules.money_back import find_many_disputes, find_many_refunds
from security.rules.refusals import find_repeated_refusals
from security.rules.sharing import find_shared_address, find_shared_card
from security.rules.velocity import find_velocity
from security.services.alerts import link_freeze, raise_alert
from tokens.errors import WalletNotFound
from tokens.kinds import FreezeCause
from tokens.queries.wallets import wallet_of
from tokens.services import wallets


def detect(
    *,
    customers: Iterable[CustomerActivity],
    cards: Iterable[CardActivity],
    addresses: Iterable[AddressActivity],
    now: datetime,
) -> int:
    """Look at what customers, cards and addresses did; answer how many alerts were raised or risen.

    The same facts may be handed over again: an alert says how many there are, and once somebody has resolved
    it, only what came afterwards is a reason for another.
    """
    findings: list[Finding | None] = []
    for customer in customers:
        findings += [
            find_velocity(customer, now=now),
            find_declines(customer),
            find_mismatches(customer),
            find_many_refunds(customer),
            find_many_disputes(customer),
        ]
    findings += [find_shared_card(card) for card in cards]
    findings += [find_shared_address(address) for address in addresses]
    return sum(_raise(finding, now) for finding in findings if finding)


def detect_refusals(*, now: datetime) -> int:
    """Look at whom limits refused; answer how many alerts were raised or risen."""
    findings = [find_repeated_refusals(activity) for activity in refusals_since(now=now)]
    return sum(_raise(finding, now) for finding in findings if finding)


def _raise(finding: Finding, now: datetime) -> bool:
    """Raise the alert, unless it would say what is said already, or what somebody has judged."""
    resolved_at = last_resolved_at(finding.kind, finding.dedup_key)
    if resolved_at and finding.newest_at <= resolved_at:
        return False
    told = unresolved_sight(finding.kind, finding.dedup_key) or cache.get(_flooded_key(finding))
    if told and finding.count <= told[0] and finding.newest_at <= told[1]:
        return False  # nothing new; what is older than the window may have made it fewer
    with transaction.atomic():
        alert_id = raise_alert(
            kind=finding.kind,
            severity=finding.severity,
            dedup_key=finding.dedup_key,
            summary=finding.summary,
            subject=finding.subject,
            now=now,
            total=finding.count,
        )
        in_flood = is_flood(alert_id)
        if finding.freezes:
            _freeze(finding, alert_id, now, is_linked=not in_flood)
    if in_flood:  # which has no place for what is counted on it: kept where a loss only counts it again
        cache.set(_flooded_key(finding), (finding.count, now), timeout=ACTIVITY_WINDOW.total_seconds())
    return True


def _flooded_key(finding: Finding) -> str:
    return f"security:flooded:{finding.kind}:{finding.dedup_key}"


def _freeze(finding: Finding, alert_id: uuid.UUID, now: datetime, *, is_linked: bool) -> None:
    """Freeze the customer's wallet, once for this alert. A flood's tells of many, and names no one freeze."""
    try:
        wallet = wallet_of(uuid.UUID(finding.subject["user_id"]))
    except WalletNotFound:
        return
    freeze_id = wallets.freeze(
        account_id=wallet.account_id,
        cause=FreezeCause.RULE,
        reference=str(alert_id),
        reason=finding.summary,
        actor=SYSTEM_ACTOR,
        now=now,
    )
    if is_linked:
        link_freeze(alert_id=alert_id, freeze_id=freeze_id, now=now)
