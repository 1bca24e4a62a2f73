"""Django's description of the app, and what it tells the mirror."""

from django.apps import AppConfig


class SecurityConfig(AppConfig):
    """Alerts, and what watches for reasons to raise them."""

    name = "security"

    def ready(self) -> None:
        """Say what the documents of alerts are."""
        from mirror.kinds import Shelf  # noqa: PLC0415 - the apps load first
        from mirror.services.projections import register  # noqa: PLC0415 - the apps load first
        from security import projections  # noqa: PLC0415 - models load first
        from security.kinds import ALERT_SUBJECT  # noqa: PLC0415 - needs the apps

        register(
            ALERT_SUBJECT,
            projections.alert_chunk,
            subjects=projections.alerts_after,
            shelves=(Shelf(projections.ALERTS, projections.known_documents),),
        )
