"""One card, or one address, behind many accounts."""

from security.kinds import AddressActivity, AlertKind, CardActivity, Finding, Severity
from security.limits import ACCOUNTS_OF_ADDRESS_MAX, ACCOUNTS_OF_CARD_MAX


def find_shared_card(activity: CardActivity) -> Finding | None:
    """More accounts than a family has, with one card."""
    accounts = len(activity.user_ids)
    if accounts <= ACCOUNTS_OF_CARD_MAX:
        return None
    return Finding(
        kind=AlertKind.SHARED_CARD,
        severity=Severity.HIGH,
        dedup_key=activity.fingerprint,
        summary=f"{accounts} accounts used one card.",
        subject={"fingerprint": activity.fingerprint, **_named(activity.user_ids)},
        count=accounts,
        newest_at=activity.newest_at,
    )


def find_shared_address(activity: AddressActivity) -> Finding | None:
    """More accounts than an office has buyers, from one address within a day."""
    accounts = len(activity.user_ids)
    if accounts <= ACCOUNTS_OF_ADDRESS_MAX:
        return None
    return Finding(
        kind=AlertKind.SHARED_ADDRESS,
        severity=Severity.MEDIUM,
        dedup_key=activity.address,
        summary=f"{accounts} accounts started purchases from one address within a day.",
        subject={"address": activity.address, **_named(activity.user_ids)},
        count=accounts,
        newest_at=activity.newest_at,
    )


def _named(user_ids: frozenset[object]) -> dict[str, str]:
    """The first accounts, for staff to begin with."""
    return {f"account_{number}": str(each) for number, each in enumerate(sorted(user_ids, key=str)[:10], 1)}
