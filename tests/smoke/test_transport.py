"""How `manage.py smoke` judges a connection, on a server with a certificate of the test's own."""

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.smoke import outside, transport
from config.smoke.findings import NotAsItShould
from config.smoke.site import Site
from tests.smoke.conftest import Smoke


@contextmanager
def secured(directory: Path, monkeypatch: pytest.MonkeyPatch, *, days: int) -> Iterator[str]:
    """A server on https whose certificate ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = directory / f"chain-{days}.pem"
    chain.write_bytes(private + pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Redirecting(Site):
    """A site whose plain address answers as it is told."""

    status, location = 301, "https://localhost/"

    def get(self, path, **options):
        answer = type("Answer", (), {})()
        answer.status_code, answer.headers = self.status, {"Location": self.location}
        return answer


def test_a_good_certificate_and_a_way_to_https_are_right(tmp_path, monkeypatch):
    with secured(tmp_path, monkeypatch, days=60) as url:
        assert transport.tls(Redirecting(url)) == "TLSv1.3, 60 days left, http leads to https"
        site = Redirecting(url)
        for site.status, site.location in ((200, ""), (301, "http://localhost/")):
            with pytest.raises(NotAsItShould, match="does not lead to https"):
                transport.tls(site)


def test_a_certificate_that_ends_or_is_nobodys_is_told(tmp_path, monkeypatch):
    with secured(tmp_path, monkeypatch, days=5) as url:
        with pytest.raises(NotAsItShould, match="ends in 5 days"):
            transport.tls(Redirecting(url))
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(NotAsItShould, match="no safe connection"):
            transport.tls(Redirecting(url))


def test_only_a_sandbox_may_be_served_over_plain_http(settings, db, smoke: Smoke):
    settings.LENIENT = False
    assert smoke("http://x", "--only", "tls")["tls"] == ("failed", "the site is asked over plain http")


def test_a_secure_site_says_so_to_browsers(settings):
    class Bare(Site):
        def get(self, path, **options):
            return type("Answer", (), {"headers": {}})()

    with pytest.raises(NotAsItShould, match="Strict-Transport-Security"):
        outside.headers(Bare("https://localhost"))
