"""Assembles the apps into a service. Importing it makes Celery's app the current one."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
