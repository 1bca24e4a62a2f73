"""Celery: the app, its queues and its timetable on one page.

No broker is durable alone, so rows say what is to be done and every task is repeatable: a wake-up after
commit makes it soon, the timetable makes it certain.
"""

import gc
import os
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.signals import beat_init, import_modules, setup_logging, worker_init
from django.core.exceptions import ImproperlyConfigured
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu import Queue

from config import limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks are for who deploys, and cost each start half a second; `_refuse_unsafe_start` makes ours.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

# In the order in which a worker serves them: what a customer sees first, the copy of Stripe for staff last.
QUEUES = ("mirror", "default", "stripe_sync")
ROUTES = {
    # They take their time; deliveries do not wait for them.
    "mirror.scan": {"queue": "default"},
    "mirror.prune": {"queue": "default"},
    "mirror.*": {"queue": "mirror"},
    "payments.sync_stripe_objects": {"queue": "stripe_sync"},
}


def _every(
    task: str, *, name: str = "", kwargs: dict[str, Any] | None = None, **period: float
) -> dict[str, dict[str, Any]]:
    """One line of the timetable; a run that nobody could start within its period is dropped."""
    seconds = timedelta(**period)
    options = {"expire_seconds": int(seconds.total_seconds())}
    line = {"task": task, "schedule": seconds, "options": options, "kwargs": kwargs or {}}
    return {name or task: line}


def _reconcile(name: str, *checks: str, of_hours: int, **period: float) -> dict[str, dict[str, Any]]:
    """Checks made at once share Stripe's lists; what they look back overlaps, so that nothing falls between."""
    kwargs = {"checks": list(checks), "hours": of_hours, "repair": True}
    return _every("payments.reconcile", name=f"reconcile.{name}", kwargs=kwargs, **period)


SESSION_CHECKS = ("paid_not_credited", "stuck", "credited_not_paid", "terms")
TIMETABLE = {
    **_every("mirror.deliver", seconds=5),
    **_every("payments.process_inbox", seconds=10),
    **_every("payments.sync_stripe_objects", seconds=30),
    **_every("payments.sweep_purchases", minutes=1),
    **_every("payments.backfill_events", minutes=1),
    **_every("payments.check_sales", minutes=1),
    **_every("payments.watch_credits", minutes=1),
    **_every("payments.watch_customers", minutes=1),
    **_every("payments.watch_checks", hours=1),
    **_every("tokens.sweep_wallets", minutes=1),
    **_every("payments.retry_refunds", minutes=1),
    **_every("identity.set_firebase_claims", minutes=1),
    **_every("security.watch", seconds=30),
    **_every("config.log_measures", minutes=1),
    **_every("security.send_alert_mails", seconds=30),
    **_every("security.expire_overrides", minutes=1),
    **_every("backoffice.carry_out_grants", seconds=30),
    **_every("backoffice.count_outstanding", minutes=5),
    **_every("backoffice.expire_proposals", minutes=5),
    **_every("foundation.forget_answers", hours=1),
    **_every("mirror.scan", hours=1),
    **_every("mirror.scan", name="mirror.scan_all", kwargs={"full": True}, weeks=1),
    **_every("mirror.prune", days=1),
    **_every("payments.forget", hours=1),
    **_every("identity.forget_sign_ins", hours=1),
    **_reconcile("events", "events", of_hours=3, hours=1),
    **_reconcile("purchases", *SESSION_CHECKS, of_hours=3, hours=1),
    **_reconcile("money_back", "reversals", of_hours=3, hours=1),
    **_reconcile("firestore", "mirror", of_hours=1, hours=1),
    **_reconcile("catalogue", "catalogue", of_hours=1, hours=1),
    **_reconcile("days", *SESSION_CHECKS, "reversals", "balance", of_hours=3 * 24, days=1),
    **_reconcile("ledger", "ledger", of_hours=24, hours=6),
}


# Receivers are called in the order in which they are connected: this one before Django's apps are loaded, and
# `_have_garbage_collected` after the tasks are. What a start imports stays, so looking through it again and again
# finds nothing, and took a third of the start; Celery looks before each fork, too. The few objects that an import
# leaves over stay as well.
@import_modules.connect
def _have_no_garbage_collected(**_: object) -> None:
    gc.disable()


app = Celery("token-economy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    imports=["config.signs_of_life"],
    task_queues=[Queue(name) for name in QUEUES],
    task_default_queue="default",
    task_create_missing_queues=False,
    task_routes=ROUTES,
    task_ignore_result=True,
    result_expires=None,  # there are no results to clean up
    task_acks_late=True,  # a worker that dies leaves its task to another
    task_reject_on_worker_lost=True,
    task_soft_time_limit=limits.TASK_SOFT_SECONDS_MAX,
    task_time_limit=limits.TASK_SECONDS_MAX,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_transport="config.broker:Transport",
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for Redis as long as it takes
    beat_scheduler="config.signs_of_life:Timekeeper",
    beat_schedule=TIMETABLE,
    timezone="UTC",
)
app.autodiscover_tasks()


@import_modules.connect
def _have_garbage_collected(**_: object) -> None:
    gc.freeze()
    gc.enable()


app.steps["worker"].add(DjangoStructLogInitStep)  # carries the request's id into the task's log lines


@setup_logging.connect
def _leave_logging_to_django(**_: object) -> None:
    """Celery sets up no logging of its own where somebody listens to this signal."""


@worker_init.connect
@beat_init.connect
def _refuse_unsafe_start(**_: object) -> None:
    """Ours must stop the process, which no exception of a receiver does."""
    from config.checks import refuse_unsafe_start  # noqa: PLC0415 - needs the apps, which load later

    try:
        refuse_unsafe_start()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
