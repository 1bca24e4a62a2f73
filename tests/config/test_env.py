"""The environment is read value by value, and told as a whole."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment, Process

Read = Callable[[Environment], Any]


def environment(value: str | None = None) -> Environment:
    return Environment({} if value is None else {"NAME": value})


GOOD: list[tuple[str | None, Read, Any]] = [
    ("word", lambda env: env.text("NAME"), "word"),
    (" word ", lambda env: env.text("NAME"), "word"),
    (None, lambda env: env.text("NAME", default="word"), "word"),
    ("", lambda env: env.text("NAME", default=""), ""),
    ("YES", lambda env: env.boolean("NAME", default=False), True),
    ("off", lambda env: env.boolean("NAME", default=True), False),
    (None, lambda env: env.boolean("NAME", default=True), True),
    ("2", lambda env: env.whole_number("NAME", default=0, most=2), 2),
    (None, lambda env: env.whole_number("NAME", default=1, most=2), 1),
    ("debug", lambda env: env.choice("NAME", among=["INFO", "DEBUG"], default="INFO"), "DEBUG"),
    (None, lambda env: env.choice("NAME", among=["INFO", "DEBUG"], default="INFO"), "INFO"),
    ("a, b,,", lambda env: env.listed("NAME", default=[]), ["a", "b"]),
    (" , ", lambda env: env.listed("NAME", default=["c"]), ["c"]),
    ("alice@example.com,bob@example.com", lambda env: len(env.emails("NAME")), 2),
    (None, lambda env: env.emails("NAME"), []),
    ("https://a.example/x/", lambda env: env.url("NAME", default=None), "https://a.example/x"),
    ("http://localhost:8000", lambda env: env.origin("NAME", default=None), "http://localhost:8000"),
    (None, lambda env: env.url("NAME", default=""), ""),
    ("k-1", lambda env: env.secret("NAME", shape=r"k-\d", like="k-1"), "k-1"),
    (None, lambda env: env.secret("NAME", shape=r"k-\d", like="k-1", default=""), ""),
    ("k-1,k-2", lambda env: env.secrets("NAME", shape=r"k-\d", like="k-1", required=True), ["k-1", "k-2"]),
    (None, lambda env: env.secrets("NAME", shape=r"k-\d", like="k-1", required=False), []),
    ('{"a": 1}', lambda env: env.json_object("NAME"), {"a": 1}),
    (None, lambda env: env.json_object("NAME"), {}),
    ("rediss://:pw@redis:6380/3", lambda env: env.redis("NAME"), "rediss://:pw@redis:6380/3"),
    (None, lambda env: env.both_or_neither("NAME", "OTHER"), ("", "")),
]


@pytest.mark.parametrize(("value", "read", "expected"), GOOD, ids=range(len(GOOD)))
def test_a_good_value_is_read(value: str | None, read: Read, expected: Any) -> None:
    env = environment(value)
    assert read(env) == expected
    assert env.problems == []


BAD: list[tuple[str | None, Read, str]] = [
    (None, lambda env: env.text("NAME"), "NAME is required and not set"),
    ("  ", lambda env: env.text("NAME"), "NAME is required and not set"),
    ("maybe", lambda env: env.boolean("NAME", default=False), "NAME must be 1 or 0"),
    ("-1", lambda env: env.whole_number("NAME", default=0, most=2), "NAME must be a whole number"),
    ("3", lambda env: env.whole_number("NAME", default=0, most=2), "from 0 to 2"),
    ("9" * 5000, lambda env: env.whole_number("NAME", default=0, most=2), "from 0 to 2"),
    ("loud", lambda env: env.choice("NAME", among=["INFO"], default="INFO"), "NAME must be one of INFO"),
    ("alice", lambda env: env.emails("NAME"), "'alice' is none"),
    ("ftp://a.example", lambda env: env.url("NAME", default=None), "NAME must be an http or https address"),
    ("https://", lambda env: env.url("NAME", default=None), "NAME must be"),
    ("https://a.example:0", lambda env: env.url("NAME", default=None), "NAME must be"),
    ("https://a.example:x", lambda env: env.url("NAME", default=None), "NAME must be"),
    ("https://[a", lambda env: env.url("NAME", default=None), "NAME must be"),
    ("https://a@b.example", lambda env: env.url("NAME", default=None), "NAME must be"),
    ("https://a.example?b", lambda env: env.url("NAME", default=None), "NAME must be"),
    ("https://a.example/b", lambda env: env.origin("NAME", default=None), "NAME must have no path"),
    (None, lambda env: env.secret("NAME", shape="k", like="k-1"), "NAME is required"),
    ("hush", lambda env: env.secret("NAME", shape="k", like="k-1"), "NAME does not look like k-1"),
    (None, lambda env: env.secrets("NAME", shape="k", like="k-1", required=True), "NAME is required"),
    ("k,hush", lambda env: env.secrets("NAME", shape="k", like="k-1", required=True), "NAME does not look"),
    ("[1]", lambda env: env.json_object("NAME"), "NAME must be a JSON object"),
    ("{", lambda env: env.json_object("NAME"), "NAME must be a JSON object"),
    ("hush", lambda env: env.both_or_neither("NAME", "OTHER"), "NAME and OTHER must be set together"),
    (None, lambda env: env.redis("NAME"), "NAME is required"),
    ("http://a.example", lambda env: env.redis("NAME"), "NAME must look like redis://"),
    ("redis://", lambda env: env.redis("NAME"), "NAME must look like redis://"),
    (None, lambda env: env.database("NAME"), "NAME is required"),
    ("mysql://a/hush", lambda env: env.database("NAME"), "NAME must look like postgresql://"),
    ("postgresql://hush", lambda env: env.database("NAME"), "NAME must look like postgresql://"),
    ("postgresql://a:b/hush", lambda env: env.database("NAME"), "NAME must look like postgresql://"),
    (None, lambda env: env.email_settings("NAME", default=None), "NAME is required"),
    (
        "pigeon://hush",
        lambda env: env.email_settings("NAME", default=None),
        "NAME must look like smtp+tls://",
    ),
    ("smtp://a:b", lambda env: env.email_settings("NAME", default=None), "NAME must look like smtp+tls://"),
]


@pytest.mark.parametrize(("value", "read", "complaint"), BAD, ids=range(len(BAD)))
def test_a_bad_value_is_told_by_its_name(value: str | None, read: Read, complaint: str) -> None:
    env = environment(value)
    read(env)
    assert len(env.problems) == 1
    assert complaint in env.problems[0]
    assert "hush" not in env.problems[0]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    env = Environment({"FLAG": "maybe"})
    env.text("FIRST")
    env.text("SECOND")
    env.boolean("FLAG", default=False)
    with pytest.raises(ImproperlyConfigured) as stop:
        env.stop_on_problems()
    assert "3 to mend" in str(stop.value)
    assert all(name in str(stop.value) for name in ("FIRST", "SECOND", "FLAG"))


def test_nothing_wrong_stops_nothing() -> None:
    env = Environment({"NAME": "word"})
    env.text("NAME")
    env.stop_on_problems()
    assert env.problems == []


def test_a_build_has_no_secrets_and_needs_none() -> None:
    env = Environment({}, Process.BUILD)
    env.text("SECRET_KEY")
    env.stop_on_problems()
    assert env.problems != []


def test_a_database_is_described_for_django() -> None:
    described = environment("postgresql://app:p%40ss@db:5433/tokens?sslmode=require").database("NAME")
    assert described["ENGINE"] == "django.db.backends.postgresql"
    assert (described["HOST"], described["PORT"], described["NAME"]) == ("db", 5433, "tokens")
    assert (described["USER"], described["PASSWORD"]) == ("app", "p@ss")
    assert described["OPTIONS"] == {"sslmode": "require"}


def test_a_database_on_a_unix_socket_is_described_for_django() -> None:
    described = environment("postgresql://postgres@/tokens?host=%2Frun%2Fpostgres").database("NAME")
    assert described["OPTIONS"] == {"host": "/run/postgres"}
    assert described["NAME"] == "tokens"


def test_mail_settings_are_given_to_django() -> None:
    described = environment("smtp+tls://mailer:pw@smtp.example.com:587").email_settings("NAME", default=None)
    assert described["EMAIL_USE_TLS"] is True
    assert (described["EMAIL_HOST"], described["EMAIL_PORT"]) == ("smtp.example.com", 587)


def test_mail_on_the_console_has_no_host() -> None:
    described = environment("consolemail://").email_settings("NAME", default=None)
    assert described["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"
    assert "EMAIL_HOST" not in described
