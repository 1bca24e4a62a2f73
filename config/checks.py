"""Refuses settings that are unsafe where customers are.

Django's own checks run on `manage.py` only, so WSGI and Celery call `refuse_unsafe_start`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from config import limits


def register_all() -> None:
    """Register with Django, so that `manage.py check` runs them too."""
    checks.register(check_settings, checks.Tags.security)


def refuse_unsafe_start(*, web: bool = False) -> None:
    """Stop the process where its settings are unsafe.

    :param web: this process verifies webhooks, and needs a secret for it
    :raises ImproperlyConfigured: naming everything that must be mended
    """
    faults = [*find_faults(settings), *(_web_faults(settings) if web else [])]
    if faults:
        listed = "\n".join(f"  - {fault}" for _, fault in faults)
        raise ImproperlyConfigured(f"These settings are unsafe ({len(faults)} to mend):\n{listed}")


def check_settings(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001 - how Django calls checks
    **_: Any,
) -> list[checks.CheckMessage]:
    """Tell everything that is unsafe, as Django's errors."""
    return [checks.Error(fault, id=f"config.E{number:03}") for number, fault in find_faults(settings)]


def find_faults(given: Any) -> Iterator[tuple[int, str]]:
    """Tell what is unsafe about these settings: a stable number and words for the operator."""
    yield from _installation_faults(given)
    yield from _secret_faults(given)
    if not given.LENIENT:
        yield from _stand_in_faults(given)


def _web_faults(given: Any) -> Iterator[tuple[int, str]]:
    if not given.STRIPE_WEBHOOK_SECRETS:
        yield 30, "STRIPE_WEBHOOK_SECRET is empty: anyone could forge a webhook signed with an empty key."


def _installation_faults(given: Any) -> Iterator[tuple[int, str]]:
    if given.DEBUG and given.SECURE_SITE:
        yield 1, "DEBUG is on for a site on https: error pages would show settings to customers."
    if "*" in given.ALLOWED_HOSTS:
        yield 2, "ALLOWED_HOSTS has '*': anyone could choose the host in the links that we send."
    if not given.SECURE_SITE and not given.LENIENT:
        yield 3, "SITE_URL is plain http: only SANDBOX=1 may serve it with DEBUG off."
    if given.LENIENT and given.STRIPE_LIVE_MODE:
        yield 4, "A live Stripe key with SANDBOX=1 or DEBUG on: such an installation may not take real money."


def _secret_faults(given: Any) -> Iterator[tuple[int, str]]:
    key = given.SECRET_KEY
    long_enough = len(key) >= limits.SECRET_KEY_LENGTH_MIN
    if not long_enough or len(set(key)) < limits.SECRET_KEY_DISTINCT_CHARACTERS_MIN:
        yield 10, f"SECRET_KEY is too easy to guess: take {limits.SECRET_KEY_LENGTH_MIN} random characters."
    if key.startswith("sandbox") and not given.LENIENT:
        yield 11, "SECRET_KEY is the sandbox's, which everybody knows."
    publishable = given.STRIPE_PUBLISHABLE_KEY
    if publishable and publishable.startswith("pk_live_") != given.STRIPE_LIVE_MODE:
        yield 12, "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are of different modes: one live, one test."


def _stand_in_faults(given: Any) -> Iterator[tuple[int, str]]:
    if given.FIREBASE_AUTH_EMULATOR_HOST:
        yield (
            20,
            "FIREBASE_AUTH_EMULATOR_HOST is set without SANDBOX=1: unsigned tokens would sign anyone in.",
        )
    if given.FIRESTORE_EMULATOR_HOST:
        yield 21, "FIRESTORE_EMULATOR_HOST is set without SANDBOX=1: balances would not reach Firestore."
    if not given.STAFF_SECOND_FACTOR:
        yield 24, "STAFF_SECOND_FACTOR is off without SANDBOX=1: a password alone would open the back office."
    if given.STRIPE_API_BASE:
        yield 22, "STRIPE_API_BASE is set without SANDBOX=1: payments would not go to Stripe."
    if not given.STRIPE_LIVE_MODE:
        yield (
            23,
            "STRIPE_SECRET_KEY is a test key without SANDBOX=1: anyone could buy tokens with a test card.",
        )
