"""What lies outside the image: PostgreSQL with two roles, Redis, Firestore, Stripe, and a front before the site."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from sandbox.environment import STRIPE_WEBHOOK_SECRET, Addresses, product_environment
from sandbox.firestore.launcher import start_firestore
from sandbox.postgres import start_postgres
from sandbox.processes import Child, Server, free_port, spawn, wait_until_ready
from sandbox.redis import start_redis
from sandbox.stripe_process import start_stripe
from tests.rehearsal.image import PATH, Image
from tests.support.proxy import TcpProxy

OWNER, APPLICATION, PASSWORD = "tokens_owner", "tokens_app", "rehearsal-password"
PROJECT = "demo-rehearsal"


class Front(TcpProxy):
    """Passes new connections to the version that is to be met now; those that are open end where they began."""

    def lead_to(self, port: int) -> None:
        """Have the next connection meet another version."""
        self._targets = (f"127.0.0.1:{port}",)


class Stage:
    """One installation, whose processes come from an image."""

    def __init__(self, directory: Path) -> None:
        directory.chmod(0o755)
        self.directory = directory
        self.front = Front(f"127.0.0.1:{free_port()}")
        self.url = f"http://localhost:{self.front.address.rpartition(':')[2]}"
        endpoint = (
            "--endpoint",
            f"{self.url}/api/stripe/webhook",
            "--endpoint-secret",
            STRIPE_WEBHOOK_SECRET,
        )
        with ThreadPoolExecutor(4) as pool:
            starts = [
                pool.submit(start_postgres, directory / "postgres", durable=True, environment={}),
                pool.submit(start_redis, directory / "redis", durable=True, port=free_port(), environment={}),
                pool.submit(start_firestore, directory / "firestore", environment={}),
                pool.submit(start_stripe, directory / "stripe", arguments=endpoint, environment={}),
            ]
        self.postgres, self.redis, self.firestore, self.stripe = (start.result() for start in starts)
        self.servers: tuple[Server, ...] = (self.postgres, self.redis, self.firestore, self.stripe)
        self.make_owner()

    def make_owner(self, database: str = "tokens") -> None:
        """As deploy/setup_project.sh does: a role that owns its database and may make roles, and is no superuser."""
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone()
            if not found:
                connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
            connection.execute(f"CREATE DATABASE {database} OWNER {OWNER}")

    def database_url(self, role: str, database: str = "tokens") -> str:
        """The database's address for a role."""
        parts = urlsplit(self.postgres.url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{role}:{PASSWORD}@{host}", path=f"/{database}"))

    def environment(self, version: str, *, owner: bool = False) -> dict[str, str]:
        """What a process is given. Not the demo's: the real migrations of dj-stripe, and nothing of this shell's."""
        addresses = Addresses(
            self.database_url(APPLICATION), self.redis.url, self.firestore.url, self.stripe.url
        )
        given = product_environment(addresses, site_url=self.url, project=PROJECT)
        del given["DJSTRIPE_MIGRATIONS"], given["MIGRATION_DATABASE_URL"]
        if owner:
            given["MIGRATION_DATABASE_URL"] = self.database_url(OWNER)
        return {
            **given,
            "VERSION": version,
            "PATH": PATH,
            "HOME": str(self.directory),
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, image: Image, service: str, version: str, *, port: int = 0) -> Child:
        """Start one of the long-running processes."""
        environment = self.environment(version) | ({"PORT": str(port)} if port else {})
        log = self.directory / "logs" / f"{service}-{version}.log"
        return spawn(service, image.command(service), log=log, environment=environment, directory=image.app)

    def wait_for(self, child: Child, words: str) -> None:
        """Wait until a process says that it works."""
        wait_until_ready(child, lambda: words in child.output(), seconds_max=180)

    def stop(self) -> None:
        """End what lies outside."""
        self.front.stop()
        for server in reversed(self.servers):
            server.stop()


class Told:
    """Says how far a rehearsal is, and how long each step took."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, words: str) -> None:
        """Say a step that is done."""
        now = time.monotonic()
        print(f"{now - self._began:7.1f} s  {words}", flush=True)
        self._began = now
