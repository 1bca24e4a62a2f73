"""What a process does not do while it starts: look for garbage, or ask what who deploys has asked."""

import gc
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from config.celery import app

COLLECTIONS_MAX = 20  # some 400 without us
LOADING = """
import gc, json
from config.celery import app
before = sum(stats["collections"] for stats in gc.get_stats())
app.loader.import_default_modules()
collections = sum(stats["collections"] for stats in gc.get_stats()) - before
import sys
print(json.dumps([collections, gc.isenabled(), gc.get_freeze_count(), "config.urls" in sys.modules]))
"""


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    """Leave this process as it was: it goes on to other tests."""
    yield
    gc.unfreeze()
    gc.enable()


def test_a_worker_looks_for_garbage_once_it_has_loaded_what_stays() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOADING],
        cwd=settings.BASE_DIR,
        env={**os.environ},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    collections, is_enabled, frozen, knows_urls = json.loads(done.stdout.splitlines()[-1])
    assert collections <= COLLECTIONS_MAX
    assert is_enabled
    assert frozen > 100_000
    assert not knows_urls  # Django's checks were not made


def test_loading_again_leaves_the_collector_at_work() -> None:
    app.loader.import_default_modules()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_a_web_process_looks_for_garbage_once_it_serves() -> None:
    hooks = runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py"))
    hooks["post_fork"](None, None)
    assert not gc.isenabled()
    hooks["post_worker_init"](None)
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
