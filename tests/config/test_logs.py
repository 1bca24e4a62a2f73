"""Log lines: one JSON object each, whoever writes them."""

import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Self

import pytest
import structlog
from django.conf import settings

from config import logs


@pytest.fixture(autouse=True)
def _configured_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    logs.configure(settings.LOGGING)
    root.handlers[:], _ = before
    root.setLevel(before[1])


class Lines:
    """JSON lines from here on, onto the test's own standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __enter__(self) -> Self:
        logs.configure({"level": "INFO", "readable": False})
        return self

    def __exit__(self, *_: object) -> None:
        self.read = [json.loads(line) for line in self._capsys.readouterr().err.splitlines()]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capsys)


def test_a_line_has_its_event_and_what_was_bound(lines: Lines) -> None:
    with lines, structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("tokens").info("ledger.posted", entry_id="e-1", tokens=250)
    (line,) = lines.read
    assert line["event"] == "ledger.posted"
    assert line["request_id"] == "r-1"
    assert (line["entry_id"], line["tokens"]) == ("e-1", 250)
    assert (line["level"], line["logger"]) == ("info", "tokens")
    assert line["timestamp"].endswith("Z")


def test_the_standard_librarys_lines_look_the_same(lines: Lines) -> None:
    with lines, structlog.contextvars.bound_contextvars(request_id="r-1"):
        logging.getLogger("mirror").warning("mirror.%s", "failed", extra={"kind": "wallet"})
    (line,) = lines.read
    assert line["event"] == "mirror.failed"
    assert (line["request_id"], line["kind"], line["level"]) == ("r-1", "wallet", "warning")


def test_an_exception_stays_on_one_line(lines: Lines) -> None:
    key = "sk_test_" + "a1B2" * 8
    with lines:
        try:
            int(key)
        except ValueError:
            structlog.get_logger("tokens").exception("credit.failed")
    (line,) = lines.read
    assert "ValueError" in line["exception"]
    assert key not in line["exception"]


def test_secrets_do_not_leave(lines: Lines) -> None:
    with lines:
        structlog.get_logger("tokens").info("signed in", email="alice@example.com", password="hush")
        logging.getLogger("tokens").info("key %s", "whsec_" + "a1B2" * 8)
    signed_in, key = lines.read
    assert signed_in["email"] == "a…@example.com"
    assert signed_in["password"] == "[hidden]"
    assert "a1B2" not in key["event"]


def test_what_json_cannot_hold_is_told_as_text(lines: Lines) -> None:
    with lines:
        structlog.get_logger("tokens").info("odd", thing=ValueError)
    assert "ValueError" in lines.read[0]["thing"]


def test_lines_below_the_level_are_left_out(lines: Lines) -> None:
    with lines:
        structlog.get_logger("tokens").debug("detail")
        logging.getLogger("tokens").debug("detail")
    assert lines.read == []


def test_where_debug_is_on_lines_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure({"level": "DEBUG", "readable": True})
    structlog.get_logger("tokens").debug("ledger.posted", tokens=250)
    written = capsys.readouterr().err
    assert "ledger.posted" in written
    assert not written.startswith("{")
