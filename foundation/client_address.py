"""Which address a request came from, as far as anybody can know: what limits per address count by."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

IPV6_NETWORK_BITS = 64  # what one customer of an IPv6 provider has at least


def client_address(request: HttpRequest) -> str:
    """The client's IPv4 address, or the /64 network of their IPv6 address; empty where there is none.

    A client may write anything into X-Forwarded-For, and each proxy adds at its end whom it heard from. So the
    entry that the outermost of our own proxies wrote is believed, which `TRUSTED_PROXIES` counts from the end,
    and nothing before it. Where that entry is missing or no address, the request came another way: then it is
    whoever connected to us.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    trusted: int = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return _grouped(hops[-trusted]) or _grouped(peer)
    return _grouped(peer)


def _grouped(text: str) -> str:
    """The address as it is counted: whoever has an IPv6 network would have a new address for each attempt."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    network = ipaddress.ip_network((int(address), IPV6_NETWORK_BITS), strict=False)
    return str(network.network_address)
