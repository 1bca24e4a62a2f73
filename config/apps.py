"""Django's description of the app."""

from django.apps import AppConfig
from django.conf import settings


class ConfigConfig(AppConfig):
    """Registers the checks, and starts error reporting where it is configured."""

    name = "config"

    def ready(self) -> None:
        """Load what registers itself with Django."""
        from config import checks, reporting  # noqa: PLC0415 - Django's settings are ready only here

        checks.register_all()
        reporting.start(dsn=settings.SENTRY_DSN, environment="sandbox" if settings.SANDBOX else "production")
