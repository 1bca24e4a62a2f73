"""The installation's own work in the background."""

import structlog
from celery import shared_task
from django.utils import timezone

from config.metrics import figures

logger = structlog.get_logger(__name__)


@shared_task(name="config.log_measures", ignore_result=True)
def log_measures() -> None:
    """Tell in one line of the log what /metrics tells from rows, for whoever watches logs; its silence tells too."""
    logger.info("measures.taken", **figures(timezone.now()))
