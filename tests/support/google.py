"""A stand-in for Google below firebase_admin: an HTTPS proxy on loopback that answers as Google's hosts do.

The product is not touched: `HTTPS_PROXY` leads the SDK's requests here, and `REQUESTS_CA_BUNDLE` makes it
trust our certificate. It serves the certificates that ID tokens are signed under, and keeps the custom claims
of uids.
"""

import base64
import datetime as dt
import json
import ssl
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

CERTIFICATES = "/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
HOSTS = (
    "www.googleapis.com",
    "oauth2.googleapis.com",
    "identitytoolkit.googleapis.com",
    "firestore.googleapis.com",
    "secretmanager.googleapis.com",
)


class SigningKey:
    """A key that signs ID tokens, and its certificate under a key id."""

    def __init__(self, *hosts: str) -> None:
        self.kid = uuid.uuid4().hex
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "google stand-in")])
        start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        builder = (
            x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + dt.timedelta(days=36500))
        )
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self.private, hashes.SHA256())
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.private_pem = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def sign(self, header: dict, payload: dict) -> str:
        signed = f"{_segment(header)}.{_segment(payload)}"
        signature = self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(signature)}"


class FakeGoogle:
    """Google's hosts on one loopback port."""

    def __init__(self, directory: Path) -> None:
        self.key = SigningKey()
        self.certificates = {self.key.kid: self.key.certificate}
        self.custom_claims: dict[str, dict] = {}
        self.secrets: dict[str, list[str]] = {}  # of Secret Manager: the versions' values by path
        self.documents_status = 403  # how Firestore answers a client about a document
        self.packages_status: int | None = None  # about reading packages, if otherwise
        self.requests: list[str] = []
        self.answer_instead: tuple[int, bytes] | None = None  # whatever is asked of any host
        self.on_request: Callable[[], object] = bool  # called before each answer
        self.person: dict | None = None  # who signs in with Google on the site
        self._tls = self._prepare(directory)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process here."""
        proxy = f"http://127.0.0.1:{self._server.server_port}"
        return {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": "",
            "no_proxy": "",
            "REQUESTS_CA_BUNDLE": str(self._bundle),
            "GOOGLE_APPLICATION_CREDENTIALS": str(self._service_account),
        }

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def id_token(
        self, project: str, uid: str = "uid-alice", *, key: SigningKey | None = None, **claims
    ) -> str:
        """An ID token as Firebase issues it; `claims` replace or add."""
        key = key or self.key
        return key.sign({"alg": "RS256", "kid": key.kid, "typ": "JWT"}, _payload(project, uid, **claims))

    def forget(self) -> None:
        """As new, for the next test."""
        self.answer_instead, self.on_request, self.person = None, bool, None
        self.custom_claims.clear()
        self.secrets.clear()
        self.requests.clear()

    def _person_token(self) -> str:
        """Who signs in with Google on the site, as an OpenID provider tells it."""
        claims = _payload(
            "google-client", "google-1", iss="https://accounts.google.com", **(self.person or {})
        )
        return self.key.sign({"alg": "RS256", "kid": self.key.kid}, claims)

    def _prepare(self, directory: Path) -> ssl.SSLContext:
        site = SigningKey(*HOSTS)
        self._bundle = directory / "google.pem"
        self._bundle.write_text(site.certificate)
        chain = directory / "google-with-key.pem"
        chain.write_text(site.private_pem + site.certificate)
        self._service_account = directory / "service-account.json"
        self._service_account.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "project_id": "stand-in",
                    "client_email": "stand-in@stand-in.iam.gserviceaccount.com",
                    "token_uri": "https://oauth2.googleapis.com/token",
                    "private_key": site.private_pem,
                }
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def answer(self, path: str, body: dict) -> tuple[int, bytes]:
        if self.answer_instead or path == CERTIFICATES:
            return self.answer_instead or (200, json.dumps(self.certificates).encode())
        if path == "/token":
            token = {"access_token": "stand-in", "expires_in": 3600, "token_type": "Bearer"}
            return 200, json.dumps({**token, "id_token": self._person_token()}).encode()
        if path.endswith("accounts:lookup"):
            users = [
                {"localId": uid, "customAttributes": json.dumps(self.custom_claims[uid])}
                for uid in body["localId"]
                if uid in self.custom_claims
            ]
            return 200, json.dumps({"users": users} if users else {}).encode()
        if "/documents/" in path or path.endswith("accounts:signInWithCustomToken"):
            return self._answer_a_customer(path, body)
        if "/secrets/" in path:
            return self._answer_about_secret(path, body)
        assert path.endswith("accounts:update"), path
        self.custom_claims[body["localId"]] = json.loads(body["customAttributes"])
        return 200, json.dumps({"localId": body["localId"]}).encode()

    def _answer_a_customer(self, path: str, body: dict) -> tuple[int, bytes]:
        """What a customer's app asks Firebase and Firestore."""
        if "/documents/" in path:
            status = self.packages_status if path.endswith("packages?pageSize=1") else None
            return status or self.documents_status, b"{}"
        claims = body["token"].split(".")[1]
        uid = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["uid"]
        return 200, json.dumps({"idToken": f"id-token-of-{uid}"}).encode()

    def _answer_about_secret(self, path: str, body: dict) -> tuple[int, bytes]:
        name = path.partition("/secrets/")[2].split("/")[0].split(":")[0]
        versions = self.secrets.get(name)
        if versions is None or (path.endswith("latest:access") and not versions):
            return 404, json.dumps({"error": {"code": 404, "status": "NOT_FOUND"}}).encode()
        if path.endswith(":addVersion"):
            versions.append(base64.b64decode(body["payload"]["data"]).decode())
        data = base64.b64encode(versions[-1].encode()).decode()
        return 200, json.dumps({"name": path, "payload": {"data": data}}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        google = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.connection = google._tls.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", buffering=0)
                self.close_connection = False

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                raw = self.rfile.read(length)
                google.requests.append(self.path)
                google.on_request()
                is_json = "json" in self.headers.get("Content-Type", "")
                status, answer = google.answer(self.path, json.loads(raw) if is_json else {})
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header(
                    "Cache-Control", "no-store" if google.answer_instead else "public, max-age=3600"
                )
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server's names

            def finish(self) -> None:
                super().finish()
                self.connection.close()  # the server knows only the socket that TLS was laid over

            def log_message(self, *args: object) -> None:
                """Stay quiet."""

        return Handler


def unsigned_token(project: str, uid: str = "uid-alice", **claims: object) -> str:
    """An ID token as Firebase's Auth emulator issues it."""
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(_payload(project, uid, **claims))}."


def _payload(project: str, uid: str, **claims: object) -> dict:
    now = int(time.time())
    standard = {"iss": f"https://securetoken.google.com/{project}", "aud": project, "sub": uid}
    return {**standard, "iat": now - 10, "exp": now + 3600, "auth_time": now - 10, **claims}


def _segment(value: object) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
