"""Which role may do what. `manage.py sync_roles` gives the roles these rights, and takes others from them."""

from collections.abc import Iterable
from typing import Final

from identity.kinds import Right, Role

# The administrator has every right, and stands in no line.
ROLES_OF: Final[dict[Right, frozenset[Role]]] = {
    # Customers' questions: none of this moves more than Stripe or the ledger says already.
    Right.HANDLE_ALERT: frozenset({Role.SUPPORT, Role.SECURITY}),
    Right.LABEL_REFUSAL: frozenset({Role.SUPPORT, Role.SECURITY}),
    Right.ASK_STRIPE: frozenset({Role.SUPPORT, Role.FINANCE}),
    Right.HANDLE_DISCREPANCY: frozenset({Role.FINANCE}),
    Right.RESEND_EVENT: frozenset({Role.SUPPORT, Role.FINANCE}),
    Right.RETRY_MIRROR: frozenset({Role.SUPPORT, Role.FINANCE}),
    Right.PROPOSE_ADJUSTMENT: frozenset({Role.SUPPORT, Role.FINANCE}),
    Right.PROPOSE_REFUND: frozenset({Role.SUPPORT, Role.FINANCE}),
    # Money and tokens.
    Right.REFUND_PURCHASE: frozenset({Role.FINANCE}),
    Right.SETTLE_QUARANTINED: frozenset({Role.FINANCE}),
    Right.ADJUST: frozenset({Role.FINANCE}),
    Right.REVERSE_ENTRY: frozenset({Role.FINANCE}),
    Right.GRANT_MANY: frozenset({Role.FINANCE}),
    Right.APPROVE_PROPOSAL: frozenset({Role.FINANCE}),
    Right.EXPORT: frozenset({Role.FINANCE}),
    # Abuse.
    Right.FREEZE_WALLET: frozenset({Role.SECURITY}),
    Right.GRANT_OVERRIDE: frozenset({Role.SECURITY}),
    Right.SET_LIMITS: frozenset({Role.SECURITY}),
    # The shop, and who works in it.
    Right.PUBLISH_PACKAGE: frozenset({Role.CATALOGUE}),
    Right.MANAGE_API_KEYS: frozenset(),
    Right.MANAGE_STAFF: frozenset(),
}

# Who may look at everything that has a page; others see what their work is about.
LOOK_AT_EVERYTHING: Final = frozenset({Role.SUPPORT, Role.FINANCE, Role.SECURITY, Role.ADMINISTRATOR})
LOOK: Final = "view_"
LOOKED_AT: Final[dict[Role, frozenset[str]]] = {
    Role.CATALOGUE: frozenset(
        {
            "tokens.view_package",
            "payments.view_packagepublication",
            "djstripe.view_product",
            "djstripe.view_price",
        }
    ),
}

# Rows that people change on their pages, by Django's own permissions.
_BEAT: Final = ("clockedschedule", "crontabschedule", "intervalschedule", "periodictask", "solarschedule")
CHANGED: Final[dict[Role, frozenset[str]]] = {
    Role.SECURITY: frozenset({"identity.change_user"}),
    Role.ADMINISTRATOR: frozenset(
        {
            "identity.change_user",
            *(
                f"django_celery_beat.{verb}_{table}"
                for verb in ("add", "change", "delete")
                for table in _BEAT
            ),
        }
    ),
}


def permissions_of(role: Role, existing: Iterable[str]) -> frozenset[str]:
    """The permissions that a role has, as `app_label.codename`, of those that there are."""
    is_administrator = role is Role.ADMINISTRATOR
    rights = {right.value for right in Right if is_administrator or role in ROLES_OF[right]}
    seen = LOOKED_AT.get(role, frozenset())
    if role in LOOK_AT_EVERYTHING:
        seen = frozenset(name for name in existing if name.partition(".")[2].startswith(LOOK))
    return frozenset(rights) | seen | CHANGED.get(role, frozenset())
