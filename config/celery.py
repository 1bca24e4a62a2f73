"""Celery: the app, its queues and its timetable on one page."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("token-economy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
