"""The admin: its own pages, and those of each table."""

from identity.kinds import Right
from tests.permissions.table import (
    NOBODY_AT_ALL,
    SIGN_IN,
    Asked,
    Row,
    Table,
    all_staff,
    only_entitled,
)

# What staff who were given all four rights on a table may do on its pages beside looking. What is only seen is
# written by services: actions on it ask for rights of their own.
SEEN = frozenset[str]()
CHANGED = frozenset({"change"})
ADDED = frozenset({"add"})  # one that stands is ended by a service, and never changed
ADDED_AND_CHANGED = frozenset({"add", "change"})
ADDED_CHANGED_AND_DELETED = frozenset({"add", "change", "delete"})

TABLES = {
    "account.EmailAddress": SEEN,
    "auth.Group": SEEN,  # superusers change them: else staff could give themselves any right
    "backoffice.Proposal": SEEN,
    "django_celery_beat.ClockedSchedule": ADDED_CHANGED_AND_DELETED,
    "django_celery_beat.CrontabSchedule": ADDED_CHANGED_AND_DELETED,
    "django_celery_beat.IntervalSchedule": ADDED_CHANGED_AND_DELETED,
    "django_celery_beat.PeriodicTask": ADDED_CHANGED_AND_DELETED,
    "django_celery_beat.SolarSchedule": ADDED_CHANGED_AND_DELETED,
    "djstripe.Account": SEEN,
    "djstripe.BalanceTransaction": SEEN,
    "djstripe.Charge": SEEN,
    "djstripe.Customer": SEEN,
    "djstripe.Dispute": SEEN,
    "djstripe.Event": SEEN,
    "djstripe.PaymentIntent": SEEN,
    "djstripe.PaymentMethod": SEEN,
    "djstripe.Price": SEEN,
    "djstripe.Product": SEEN,
    "djstripe.Refund": SEEN,
    "djstripe.Session": SEEN,
    "identity.ApiKey": SEEN,
    "identity.AuditRecord": SEEN,
    "identity.User": CHANGED,
    "mirror.Drift": SEEN,
    "mirror.MirroredDocument": SEEN,
    "mirror.MirroredSubject": SEEN,
    "mirror.OutboxRow": SEEN,
    "payments.Discrepancy": SEEN,
    "payments.Dispute": SEEN,
    "payments.InboxEvent": SEEN,
    "payments.PackagePublication": SEEN,
    "payments.Purchase": SEEN,
    "payments.ReconciliationRun": SEEN,
    "payments.Refund": SEEN,
    "payments.StripeCustomer": SEEN,
    "security.Alert": SEEN,
    "security.LimitRefusal": SEEN,
    "security.Override": ADDED,
    "security.PurchaseLimits": CHANGED,
    "socialaccount.SocialAccount": SEEN,
    "tokens.Entry": SEEN,
    "tokens.Freeze": SEEN,
    "tokens.Hold": SEEN,
    "tokens.Lot": SEEN,
    "tokens.Package": ADDED_AND_CHANGED,
    "tokens.Wallet": SEEN,
    "usersessions.UserSession": SEEN,
}

VERBS = ("view", "add", "change", "delete")
# Rows that a service changes ask for its right, whatever Django's own four say.
SERVICES = {
    "tokens.Package": Right.PUBLISH_PACKAGE,
    "security.Override": Right.GRANT_OVERRIDE,
    "security.PurchaseLimits": Right.SET_LIMITS,
}


def rights_on(label: str) -> tuple[str, ...]:
    app_label, model = label.lower().split(".")
    four = tuple(f"{app_label}.{verb}_{model}" for verb in VERBS)
    return (*four, SERVICES[label].value) if label in SERVICES else four


ADMIN: Table = {
    "admin/": Row(get=all_staff(200), post=all_staff(200)),
    "admin/search/": Row(get=all_staff(200), post=all_staff(200)),
    "admin/customers/<uuid:user_id>/": Row(
        at="admin/customers/{customer}/",
        rights=("identity.view_user", "identity.change_user"),
        get=only_entitled(200),
        post=all_staff(405),
    ),
    "admin/customers/<uuid:user_id>/timeline/": Row(
        at="admin/customers/{customer}/timeline/",
        rights=("identity.view_user", "identity.change_user"),
        get=only_entitled(200),
        post=all_staff(405),
    ),
    "admin/export/<str:label>/": Row(
        at="admin/export/payments.purchase/",
        rights=("backoffice.export", "payments.view_purchase"),
        get=all_staff(405),
        post=only_entitled(200),
    ),
    "admin/login/": Row(get=all_staff("→ /admin/"), post=all_staff("→ /admin/")),
    "admin/logout/": Row(get=all_staff(405), post=all_staff(200)),
    "admin/password_change/": Row(
        get=all_staff("→ /accounts/password/change/"), post=all_staff("→ /accounts/password/change/")
    ),
    "admin/password_change/done/": Row(get=all_staff(200), post=all_staff(405)),
    "admin/jsi18n/": Row(get=all_staff(200), post=all_staff(405)),
    # It needs a field to complete; each field then asks for the right to see what it leads to.
    "admin/autocomplete/": Row(get=all_staff(403), post=all_staff(405)),
    # The list of an app's tables: without a right on one of them there is no such app.
    "admin/<app_label>/": Row(
        at="admin/auth/",
        rights=rights_on("auth.Group"),
        get=Asked(SIGN_IN, 403, 403, 404, 200),
        post=Asked(SIGN_IN, 403, 403, 404, 200),
    ),
    "admin/backoffice/proposal/act/grants/": Row(
        rights=("tokens.grant_many", "tokens.propose_adjustment"),
        get=only_entitled(200),
        post=only_entitled(200),
    ),
    "admin/<url>": Row(at="admin/no-such-page", get=all_staff(404), post=all_staff(404)),
}


def pages_of(label: str) -> Table:
    """The six addresses that Django's admin gives a table."""
    table, rights, allowed = label.lower().replace(".", "/"), rights_on(label), TABLES[label]

    def answer(verb: str) -> Asked:
        return only_entitled(200) if verb in allowed else NOBODY_AT_ALL

    def row(page: str, get: Asked, post: Asked) -> Row:
        return Row(at=f"admin/{table}/{page}", get=get, post=post, rights=rights)

    told = only_entitled("→ /admin/identity/auditrecord/")
    seen, moved = only_entitled(200), all_staff(f"→ /admin/{table}/{{row}}/change/")
    shown_again = answer("change")  # no form can be saved as it comes, without a field filled in
    return {
        f"admin/{table}/": row("", get=seen, post=seen),
        f"admin/{table}/add/": row("add/", get=answer("add"), post=answer("add")),
        f"admin/{table}/<path:object_id>/": row("{row}/", get=moved, post=moved),
        f"admin/{table}/<path:object_id>/change/": row("{row}/change/", get=seen, post=shown_again),
        f"admin/{table}/<path:object_id>/delete/": row(
            "{row}/delete/", get=answer("delete"), post=answer("delete")
        ),
        f"admin/{table}/<path:object_id>/history/": row("{row}/history/", get=told, post=told),
    }


# The pages on which an action is asked for, by the table of the row that it is taken on, with the rights that open it.
ACTS: dict[str, dict[str, tuple[str, ...]]] = {
    "tokens.Wallet": {"adjust": ("tokens.adjust", "tokens.propose_adjustment")},
    "tokens.Entry": {"reverse": ("tokens.reverse_entry", "tokens.propose_adjustment")},
    "payments.Purchase": {
        "refund": ("payments.refund_purchase", "payments.propose_refund"),
        "release": ("payments.settle_quarantined",),
    },
    "backoffice.Proposal": {"decide": ("backoffice.approve_proposal",)},
}


def acts_on(label: str) -> Table:
    """A form is shown, and shown again where it comes without its answers."""
    at = "admin/backoffice/proposal/act"
    shown = only_entitled(200)
    return {
        f"{at}/{name}/<uuid:pk>/": Row(at=f"{at}/{name}/{{row}}/", rights=rights, get=shown, post=shown)
        for name, rights in ACTS.get(label, {}).items()
    }
