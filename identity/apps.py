"""Django's description of the app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The app's name and label."""

    name = "identity"
