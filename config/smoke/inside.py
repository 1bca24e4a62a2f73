"""What can be seen only with the installation's own environment: database, Stripe, Firestore, workers, beat."""

from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from kombu.pidbox import Mailbox

from config import limits
from config.celery import app
from config.middleware import WEBHOOK_PATH
from config.signs_of_life import BEAT_SIGN, SIGNS
from config.smoke.findings import CannotBeSeen, NotAsItShould, wait_until_right
from config.smoke.site import Site
from foundation.errors import Refusal
from identity.services.probes import issue_probe_token
from mirror.errors import RulesUnknown
from mirror.queries.client_rules import find_allowed_writes
from payments.queries.at_stripe import find_endpoint_faults, find_sale_faults

GUARDED_TABLES = ("tokens_entry", "tokens_posting", "tokens_wallet", "tokens_lot")


def database(_site: Site) -> str:
    """Every migration is applied, and the product's role may not write the ledger."""
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotAsItShould(f"{len(waiting)} migrations are not applied, the first is {waiting[0][0]}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, bool_or(has_table_privilege(name, 'INSERT, UPDATE, DELETE, TRUNCATE'))"
            " FROM unnest(%s::text[]) AS name",
            [list(GUARDED_TABLES)],
        )
        role, may_write = cursor.fetchone()
    if may_write:
        raise NotAsItShould(f"{role} may write the ledger's tables: manage.py grant_database_rights")
    return f"migrated; {role} cannot write the ledger"


def stripe(_site: Site) -> str:
    """Stripe answers in the right mode, sells what we sell, and tells us what happens."""
    mode = "live" if settings.STRIPE_LIVE_MODE else "test"
    try:
        faults = find_sale_faults(live=settings.STRIPE_LIVE_MODE)
        if not settings.STRIPE_API_BASE:  # our stand-in tells where it was told to at its start
            faults += find_endpoint_faults(f"{settings.SITE_URL}{WEBHOOK_PATH}", settings.STRIPE_API_VERSION)
    except Refusal as refusal:
        raise NotAsItShould(f"Stripe: {refusal.detail or refusal.title} ({refusal.code})") from refusal
    if faults:
        raise NotAsItShould("; ".join(faults))
    return f"{mode} mode, prices as ours" + (
        " (the stand-in)" if settings.STRIPE_API_BASE else ", told of events"
    )


def firestore_rules(_site: Site) -> str:
    """Firestore's rules let no client write what is the ledger's, whether signed in or not."""
    try:
        token = issue_probe_token()
        allowed = find_allowed_writes(token.text, uid=token.uid)
    except RulesUnknown as unknown:
        if settings.FIRESTORE_EMULATOR_HOST:
            raise CannotBeSeen("the stand-in for Firestore knows no rules") from unknown
        raise NotAsItShould(f"Firestore: {unknown}") from unknown
    except Refusal as refusal:
        raise NotAsItShould(f"no test token: {refusal.detail or refusal.title}") from refusal
    if allowed:
        raise NotAsItShould(f"a client may: {'; '.join(allowed)}")
    if not token.text:
        return "a stranger writes nothing; signed in: not tried, FIREBASE_WEB_CONFIG has no apiKey"
    return "neither a stranger nor a signed-in customer writes anything"


def workers(_site: Site) -> str:
    """Workers answer, and all of them are of this version."""

    def all_current() -> str:
        with app.connection_for_write(url=settings.REDIS_URL) as broker:
            mailbox: Any = Mailbox(app.conf.control_exchange, type="fanout")(broker)
            replies = mailbox.multi_call("version", timeout=limits.SMOKE_WORKERS_SECONDS)
        found = {name: told["version"] for reply in replies for name, told in reply.items()}
        if not found:
            raise NotAsItShould("no worker answers")
        if others := sorted(set(found.values()) - {settings.VERSION}):
            raise NotAsItShould(f"workers of {', '.join(others)} run beside {settings.VERSION}")
        return f"{len(found)} of {settings.VERSION}"

    return wait_until_right(all_current)


def beat(_site: Site) -> str:
    """Beat lives, and is of this version."""

    def current() -> str:
        found = caches[SIGNS].get(BEAT_SIGN)
        if found != settings.VERSION:
            raise NotAsItShould(f"beat of {found} runs" if found else "no sign of life")
        return str(found)

    return wait_until_right(current)
