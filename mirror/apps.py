"""Django's description of the app."""

from django.apps import AppConfig


class MirrorConfig(AppConfig):
    """The app's name and label."""

    name = "mirror"
