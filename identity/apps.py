"""Django's description of the app."""

from importlib import import_module

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The app's name and label."""

    name = "identity"

    def ready(self) -> None:
        """Let the API's description find the ways of signing in, which register themselves on import."""
        import_module("identity.api.schema")
