"""The log as production writes it: one JSON object a line."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from config import logs

Line = dict[str, Any]


@pytest.fixture
def lines() -> Iterator[Callable[[], list[Line]]]:
    """Everything that is logged from here on, as production writes it."""
    root, written = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    logs.configure({"level": "INFO", "readable": False})
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logs.configure(settings.LOGGING)
    root.handlers[:], _ = before
    root.setLevel(before[1])
