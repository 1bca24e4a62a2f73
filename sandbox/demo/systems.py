"""Starts what lies outside the product, and gives the environment that leads the product to it."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from sandbox.demo.directory import DemoDirectory
from sandbox.environment import APPLICATION_ROLE, STRIPE_WEBHOOK_SECRET, Addresses, product_environment
from sandbox.firestore.launcher import start_firestore
from sandbox.postgres import start_postgres
from sandbox.processes import Server
from sandbox.redis import start_redis
from sandbox.stripe_process import start_stripe

PROJECT = "demo-token-economy"


@dataclass(frozen=True)
class Systems:
    """The running systems, and the product's environment beside them."""

    servers: tuple[Server, ...]
    stripe_url: str
    product: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a process of the product."""
        return {**os.environ, **self.product}


def start_systems(directory: DemoDirectory, port: int, pool: ThreadPoolExecutor) -> Systems:
    """Start PostgreSQL, Redis, Firestore and Stripe at once, with what they held at the last stop.

    Firestore is the stand-in here even where Google's emulator is at hand: it keeps its documents,
    the emulator forgets them.

    :param port: the site's
    """
    path = directory.path
    ports = {name: directory.port(name) for name in ("redis", "firestore", "stripe")}
    documents = path / "firestore" / "documents"
    endpoint = (
        *("--endpoint", f"http://127.0.0.1:{port}/api/stripe/webhook"),
        *("--endpoint-secret", STRIPE_WEBHOOK_SECRET),
    )
    starts = [
        pool.submit(start_postgres, path / "postgres", durable=True),
        pool.submit(start_redis, path / "redis", durable=True, port=ports["redis"]),
        pool.submit(start_firestore, directory.logs, port=ports["firestore"], data=documents),
        pool.submit(start_stripe, path / "stripe", port=ports["stripe"], arguments=endpoint),
    ]
    postgres, redis, firestore, stripe = servers = tuple(start.result() for start in starts)
    addresses = Addresses(postgres.url, redis.url, firestore.url, stripe.url)
    environment = product_environment(addresses, site_url=f"http://localhost:{port}", project=PROJECT)
    if postgres.child:
        environment["DATABASE_URL"] = _as_application(postgres.url)
    return Systems(servers, stripe.url, environment)


def _as_application(url: str) -> str:
    """Give the database's address under the role that may not write the ledger's tables."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{APPLICATION_ROLE}@{host}"))
