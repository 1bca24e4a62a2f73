"""Django's description of the app."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """The app's name and label."""

    name = "tokens"
