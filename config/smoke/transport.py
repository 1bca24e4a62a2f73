"""How the site's connection is protected."""

import socket
import ssl
import time
from http import HTTPStatus

from django.conf import settings

from config import limits
from config.smoke.findings import CannotBeSeen, NotAsItShould
from config.smoke.site import Site

DAY_SECONDS = 24 * 3600


def tls(site: Site) -> str:
    """The certificate is valid for some time yet, and plain http leads to https."""
    if not site.is_secure:
        if settings.LENIENT:
            raise CannotBeSeen("plain http, as a sandbox may be served")
        raise NotAsItShould("the site is asked over plain http")
    protocol, days = _certificate(site)
    if days < limits.SMOKE_CERTIFICATE_DAYS_MIN:
        raise NotAsItShould(f"the certificate ends in {days} days")
    plain = site.get(f"http://{site.host}/")
    permanent = plain.status_code in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT)
    if not permanent or not plain.headers.get("Location", "").startswith("https://"):
        raise NotAsItShould(f"http://{site.host}/ does not lead to https ({plain.status_code})")
    return f"{protocol}, {days} days left, http leads to https"


def _certificate(site: Site) -> tuple[str, int]:
    """The connection's protocol, and for how many days the certificate is good."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        with (
            socket.create_connection((site.host, site.port), limits.SMOKE_ANSWER_SECONDS_MAX) as plain,
            context.wrap_socket(plain, server_hostname=site.host) as secured,
        ):
            certificate, protocol = secured.getpeercert() or {}, secured.version() or ""
    except OSError as error:  # a certificate that is not valid is one, too
        raise NotAsItShould(f"no safe connection: {error}") from error
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return protocol, int((ends - time.time()) // DAY_SECONDS)
