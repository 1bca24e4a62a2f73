"""Django's description of the app."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """The app's name and label."""

    name = "foundation"
