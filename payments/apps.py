"""Django's description of the app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """The app's name and label."""

    name = "payments"
