"""How gunicorn serves, wherever `gunicorn config.wsgi` is started; PORT and WEB_CONCURRENCY are its own."""

import gc
import os
import shutil
import tempfile
from typing import Any

from config import limits, logs

worker_class = "gthread"
threads = limits.WEB_THREADS
timeout = graceful_timeout = limits.WEB_REQUEST_SECONDS_MAX
max_requests = limits.WEB_REQUESTS_BEFORE_RENEWAL
max_requests_jitter = limits.WEB_REQUESTS_BEFORE_RENEWAL // 10
control_socket_disable = True  # an image may be read-only
logconfig_dict = {
    **logs.logging_config({"level": "INFO", "readable": False}),
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
}

METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own name


def on_starting(_server: Any) -> None:
    """Give the web processes a directory for what they measure: whichever is asked tells of all of them."""
    os.environ[METRICS_DIRECTORY] = tempfile.mkdtemp(prefix="token-economy-metrics-")


def post_fork(_server: Any, _worker: Any) -> None:
    """Look for no garbage while a web process imports what stays: it took a third of its start."""
    gc.disable()


def post_worker_init(_worker: Any) -> None:
    """Look for it from now on, and not among what was imported."""
    gc.freeze()
    gc.enable()


def on_exit(_server: Any) -> None:
    """Remove what was measured: a counter begins anew with the processes."""
    shutil.rmtree(os.environ.pop(METRICS_DIRECTORY), ignore_errors=True)
