"""Reads the settings file anew, in an environment of the test's own."""

import os
import runpy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from unittest import mock

from django.conf import settings

from config import env

PRODUCTION = {
    "SECRET_KEY": "k3Jx-9fQz_7vLm2Rt8Yw4Ns6Hb1Gd5Cp0Ae-UoIiXxKkWwVvMmZz",
    "SITE_URL": "https://tokens.example.com",
    "DATABASE_URL": "postgresql://app:app-pass@db.internal:5432/tokens",
    "REDIS_URL": "redis://redis.internal:6379/0",
    "STRIPE_SECRET_KEY": "rk_live_" + "a1B2" * 8,
    "STRIPE_PUBLISHABLE_KEY": "pk_live_" + "a1B2" * 8,
    "STRIPE_WEBHOOK_SECRET": "whsec_" + "a1B2" * 8,
    "GOOGLE_CLOUD_PROJECT": "tokens-production",
    "EMAIL_URL": "smtp+tls://mailer:mail-pass@smtp.example.com:587",
}
SANDBOX = {
    "SANDBOX": "1",
    "SECRET_KEY": PRODUCTION["SECRET_KEY"],
    "DATABASE_URL": "postgresql://localhost/tokens",
    "REDIS_URL": "redis://localhost/0",
    "STRIPE_SECRET_KEY": "sk_test_" + "a1B2" * 8,
}


@contextmanager
def process_of_kind(kind: env.Process) -> Iterator[None]:
    before = env.declared()
    env.declare(kind)
    try:
        yield
    finally:
        env.declare(before)


def read_settings(
    variables: Mapping[str, str], process: env.Process = env.Process.OTHER, /, **changes: str | None
) -> SimpleNamespace:
    """Give what config/settings.py says in exactly this environment; None takes a variable away."""
    merged = {key: value for key, value in {**variables, **changes}.items() if value is not None}
    path = str(settings.BASE_DIR / "config" / "settings.py")
    with mock.patch.dict(os.environ, merged, clear=True), process_of_kind(process):
        return SimpleNamespace(**runpy.run_path(path))
