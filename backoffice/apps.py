"""Django's description of the app."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """The app's name and label."""

    name = "backoffice"
