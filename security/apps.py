"""Django's description of the app."""

from django.apps import AppConfig


class SecurityConfig(AppConfig):
    """The app's name and label."""

    name = "security"
