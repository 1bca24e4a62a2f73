"""Which address a request came from: what proxies of ours say, and nothing else."""

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from foundation.client_address import client_address

PEER = "203.0.113.9"


def address(settings: Settings, *, trusted: int, forwarded: str | None, peer: str = PEER) -> str:
    settings.TRUSTED_PROXIES = trusted
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))


@pytest.mark.parametrize("forwarded", [None, "198.51.100.1", "198.51.100.1, 198.51.100.2"])
def test_without_proxies_of_ours_only_the_connection_counts(settings: Settings, forwarded: str | None):
    assert address(settings, trusted=0, forwarded=forwarded) == PEER


@pytest.mark.parametrize(
    ("trusted", "forwarded", "expected"),
    [
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (2, "198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "6.6.6.6,7.7.7.7, 198.51.100.7 ,10.0.0.1", "198.51.100.7"),
    ],
)
def test_what_our_outermost_proxy_heard_from_is_believed_and_what_a_client_wrote_before_it_is_not(
    settings: Settings, trusted: int, forwarded: str, expected: str
):
    assert address(settings, trusted=trusted, forwarded=forwarded) == expected


@pytest.mark.parametrize("forwarded", [None, "", "198.51.100.7", "unknown, 10.0.0.1", "'; --, 10.0.0.1"])
def test_a_request_that_did_not_come_through_our_proxies_is_its_connections(
    settings: Settings, forwarded: str | None
):
    assert address(settings, trusted=2, forwarded=forwarded) == PEER


def test_an_ipv6_customer_is_counted_by_their_network(settings: Settings):
    first = address(settings, trusted=1, forwarded="2001:db8:1:2:aaaa::1")
    assert first == address(settings, trusted=1, forwarded="2001:db8:1:2:bbbb::9") == "2001:db8:1:2::"
    assert first != address(settings, trusted=1, forwarded="2001:db8:1:3::1")


def test_an_ipv4_address_written_as_ipv6_is_the_same_address(settings: Settings):
    assert address(settings, trusted=1, forwarded="::ffff:198.51.100.7") == "198.51.100.7"


def test_a_connection_over_a_unix_socket_has_no_address(settings: Settings):
    assert address(settings, trusted=0, forwarded=None, peer="") == ""
