"""The watches that turn facts into alerts, run now."""

from celery import current_app


def watch() -> None:
    """Both watches, as the timetable has them run."""
    current_app.loader.import_default_modules()
    current_app.tasks["payments.watch_customers"].run()
    current_app.tasks["security.watch"].run()
