"""Keys of services: made once, kept as a hash, revocable."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from identity.errors import InvalidServiceName
from identity.kinds import SYSTEM_ACTOR, Scope
from identity.models import ApiKey
from identity.services import api_keys


@pytest.fixture
def key(db) -> str:
    return api_keys.create_api_key(
        service="renderer", scopes=[Scope.TOKENS_READ], actor=SYSTEM_ACTOR, now=timezone.now()
    )


def test_only_the_hash_of_a_key_is_kept(key: str):
    row = ApiKey.objects.values().get()
    assert key not in str(row)
    assert (row["service"], row["prefix"], row["scopes"]) == ("renderer", key[:12], ["tokens:read"])
    assert str(ApiKey.objects.get()) == f"renderer ({key[:12]}…)"


def test_a_key_says_whose_it_is_and_what_it_may_do(key: str):
    caller = api_keys.authenticate(key, now=timezone.now())
    assert (caller.name, caller.scopes, caller.pk) == (
        "renderer",
        frozenset({"tokens:read"}),
        "service:renderer",
    )


def test_that_a_key_is_used_is_noted_once_a_minute(key: str, django_assert_num_queries):
    first = timezone.now()
    api_keys.authenticate(key, now=first)
    with django_assert_num_queries(1):
        api_keys.authenticate(key, now=first + timedelta(seconds=59))
    assert ApiKey.objects.get().last_used_at == first
    api_keys.authenticate(key, now=first + timedelta(seconds=60))
    assert ApiKey.objects.get().last_used_at == first + timedelta(seconds=60)


@pytest.mark.parametrize("name", ["", "Renderer", "a b", "-a", "x" * 65, "a\n"])
def test_a_service_has_a_name_that_logs_can_show(name: str, db):
    with pytest.raises(InvalidServiceName):
        api_keys.create_api_key(
            service=name, scopes=[Scope.TOKENS_READ], actor=SYSTEM_ACTOR, now=timezone.now()
        )
    assert not ApiKey.objects.exists()


def test_the_command_prints_a_key_that_works(db, capsys):
    call_command("create_api_key", "renderer", "--scopes", "tokens:read, tokens:spend")
    key = capsys.readouterr().out.strip()
    assert api_keys.authenticate(key, now=timezone.now()).scopes == {"tokens:read", "tokens:spend"}


@pytest.mark.parametrize(
    ("name", "scopes", "words"),
    [
        ("renderer", "tokens:steal", "given: tokens:steal"),
        ("renderer", ",", "given: none"),
        ("No", "tokens:read", "lower"),
    ],
)
def test_the_command_says_what_is_wrong(db, name: str, scopes: str, words: str):
    with pytest.raises(CommandError, match=words):
        call_command("create_api_key", name, "--scopes", scopes)
    assert not ApiKey.objects.exists()
