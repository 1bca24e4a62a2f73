"""A release from the image's contents: migrate, start, buy, change versions under load, and what each role may do."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
import requests

from sandbox.processes import Child, free_port, stop_all, wait_until_ready
from tests.rehearsal.image import Image
from tests.rehearsal.load import Load
from tests.rehearsal.stage import APPLICATION, Stage, Told

JOBS = ("migrate", "roles", "staff_roles", "catalogue")
STATEMENTS = (
    "INSERT INTO tokens_entry DEFAULT VALUES",
    "UPDATE tokens_wallet SET balance = balance + 1",
    "DELETE FROM tokens_posting",
    "TRUNCATE tokens_lot CASCADE",
    "ALTER TABLE tokens_wallet DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION mirror_mark_stale(text, text) RETURNS void LANGUAGE sql AS ''",
    "UPDATE django_migrations SET name = name",
)


READER = "tokens_reader"
FORBIDDEN_TO_LOOK = (
    "UPDATE payments_purchase SET status = status",
    "SELECT password FROM identity_user",
    "SELECT * FROM django_session",
    "SELECT * FROM djstripe_apikey",
    *STATEMENTS,
)


def rehearse() -> int:
    """Do all of it; give how many requests failed."""
    tell = Told()
    with tempfile.TemporaryDirectory(prefix="token-economy-release-", dir="/var/tmp") as name:
        directory = Path(name)
        image = Image(directory / "image")
        tell("the image's contents: hashed requirements in a bare environment, static files, bytecode")
        stage = Stage(directory)
        tell(f"outside: {', '.join(server.source for server in stage.servers)}")
        try:
            return _release(image, stage, tell)
        finally:
            stop_all(first=("web", "worker", "beat"))
            stage.front.stop()


def prepare(image: Image, stage: Stage, tell: Told) -> None:
    """Make the database what the image needs, by the jobs of docker-compose.yml."""
    for job in JOBS:
        image.run(job, stage.environment("v1", owner=job != "catalogue"))
        tell(f"job {job}")


def start_all(image: Image, stage: Stage, version: str) -> list[Child]:
    """Start web, worker and beat of a version, and lead the front to it once it can serve."""
    port = free_port()
    web = stage.start(image, "web", version, port=port)
    wait_until_ready(web, lambda: _answers(port), seconds_max=300)
    worker, beat = (stage.start(image, name, version) for name in ("worker", "beat"))
    stage.wait_for(worker, " ready.")
    stage.wait_for(beat, "beat: Starting")
    stage.front.lead_to(port)
    return [web, worker, beat]


def _answers(port: int) -> bool:
    """Whether the site serves there; until it has loaded, nobody may be led to it."""
    with suppress(requests.RequestException):
        return requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5).ok
    return False


def smoke(image: Image, stage: Stage, version: str, *options: str) -> str:
    """Have the image look at the installation; fail where it fails."""
    return image.run(["manage.py", "smoke", stage.url, *options], stage.environment(version))


def _release(image: Image, stage: Stage, tell: Told) -> int:
    prepare(image, stage, tell)
    before = start_all(image, stage, "v1")
    tell("web, worker and beat of v1")
    print(smoke(image, stage, "v1", "--purchase"))
    tell("smoke --purchase is green")
    with Load(stage.url) as load:
        after = start_all(image, stage, "v2")
        for child in before:
            child.stop(timeout_seconds=60)
        print(smoke(image, stage, "v2", "--purchase"))
    tell(f"v1 became v2 under load: {load.answers.total()} requests, failed: {load.failed or 'none'}")
    refused = _refused(stage.database_url(APPLICATION), STATEMENTS)
    tell(f"the application's role: {refused} of {len(STATEMENTS)} ways to write the ledger are refused")
    too_much = _read_only(image, stage)
    tell(f"the role that only looks: {too_much} of {len(FORBIDDEN_TO_LOOK)} other statements are allowed")
    image.run(["manage.py", "verify_ledger"], stage.environment("v2"))
    tell("verify_ledger finds nothing")
    assert all(child.is_running() for child in after)
    return sum(load.failed.values()) + len(STATEMENTS) - refused + too_much


def _read_only(image: Image, stage: Stage) -> int:
    """How much a role that only looks may do beyond that."""
    with psycopg.connect(stage.postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {READER} LOGIN")
    image.run(
        ["manage.py", "grant_database_rights", "--read-only", READER], stage.environment("v2", owner=True)
    )
    with psycopg.connect(stage.database_url(READER), autocommit=True) as connection:
        connection.execute("SELECT count(*) FROM tokens_posting")
    return len(FORBIDDEN_TO_LOOK) - _refused(stage.database_url(READER), FORBIDDEN_TO_LOOK)


def _refused(address: str, statements: Sequence[str]) -> int:
    """How many of the statements the database refuses whoever signs in there."""
    refused = 0
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                refused += 1
            else:
                print(f"NOT refused: {statement}")
    return refused
