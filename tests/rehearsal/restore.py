"""A restore: dump, go on selling, lose the database, restore, and have Stripe and the ledger tell what is to be."""

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from sandbox.binaries import find_postgres
from sandbox.environment import DJSTRIPE_MIGRATIONS
from sandbox.processes import stop_all
from sandbox.stripe.client import SandboxControls
from tests.rehearsal.customers import CUSTOMERS, HELD_EACH, SPENT_EACH
from tests.rehearsal.image import ROOT, Image
from tests.rehearsal.release import prepare, smoke, start_all
from tests.rehearsal.stage import OWNER, Stage, Told

BALANCES = """
    SELECT owner_id::text, balance, debt FROM tokens_wallet JOIN tokens_account ON tokens_account.id = account_id
"""
REPEATS_MAX = 3
Balances = dict[str, tuple[int, int]]


class WorkingCopy(Image):
    """The project as it lies here, in its own environment: what is rehearsed is the data."""

    def __init__(self) -> None:
        self.app, self.venv = ROOT, Path(sys.prefix)


class QuickStage(Stage):
    """With the sandbox's own migrations of dj-stripe, which are quick."""

    def environment(self, version: str, *, owner: bool = False) -> dict[str, str]:
        """What a process is given."""
        given = super().environment(version, owner=owner)
        return {**given, "DJSTRIPE_MIGRATIONS": DJSTRIPE_MIGRATIONS, "PYTHONPATH": str(ROOT)}


def rehearse() -> int:
    """Do all of it; give how much did not come back that should have."""
    tell = Told()
    with tempfile.TemporaryDirectory(prefix="token-economy-restore-", dir="/var/tmp") as name:
        stage = QuickStage(Path(name))
        try:
            return _restore(WorkingCopy(), stage, tell)
        finally:
            stop_all(first=("web", "worker", "beat"))
            stage.front.stop()


def _restore(image: Image, stage: Stage, tell: Told) -> int:
    prepare(image, stage, tell)
    processes = start_all(image, stage, "v1")
    smoke(image, stage, "v1", "--purchase")
    tell("somebody has bought before the dump")
    dump, moment = _dump(stage), datetime.now(UTC)
    tell("dump")
    spender = _go_on(image, stage)
    before = _balances(stage)
    tell(f"after the dump: {before}")
    for child in processes:
        child.stop(timeout_seconds=60)
    _lose(stage)
    _load(stage, dump)
    tell(f"lost and restored: {_balances(stage)}")
    lost = _catch_up(image, stage, moment, tell)
    after = _balances(stage)
    tell(f"caught up: {after}")
    start_all(image, stage, "v2")
    print(smoke(image, stage, "v2"))
    tell("smoke is green")
    return _judge(before, after, spender) + _judge_report(lost)


def _judge(before: Balances, after: Balances, spender: str) -> int:
    """Everybody has what they had; what was spent since the dump nobody knows any more, so it is there again."""
    balance, debt = before[spender]
    expected = {**before, spender: (balance + CUSTOMERS * SPENT_EACH, debt)}
    wrong = [owner for owner in expected.keys() | after.keys() if expected.get(owner) != after.get(owner)]
    for owner in wrong:
        print(f"  {owner}: {after.get(owner)} (balance, debt), and not {expected.get(owner)}")
    return len(wrong)


def _judge_report(lost: list[dict[str, Any]]) -> int:
    """What nobody can bring back is named: each spend, and the tokens that were held."""
    spends = [line["amount"] for line in lost if line.get("what") == "spend" and line["returns"] == "no"]
    held = f" {CUSTOMERS * HELD_EACH} held, "
    is_held_told = any(line.get("what") == "wallet" and held in line["words"] for line in lost)
    if spends == [-SPENT_EACH] * CUSTOMERS and is_held_told:
        return 0
    print(f"  not reported as lost: {CUSTOMERS} spends and {held}; but {lost}")
    return 1


def _dump(stage: Stage) -> Path:
    file = stage.directory / "tokens.dump"
    _postgres("pg_dump", "--format=custom", f"--file={file}", f"--dbname={_superuser(stage)}")
    return file


def _go_on(image: Image, stage: Stage) -> str:
    """Two new customers buy, one of them gets a full refund, and the first customer spends; give who that is."""
    told = image.run(
        [str(image.venv / "bin" / "python"), str(Path(__file__).with_name("customers.py"))],
        stage.environment("v1"),
    )
    stripe = SandboxControls(stage.stripe.url)
    first, second = json.loads(told.strip().splitlines()[-1])
    for each in (first, second):
        stripe.pay(each["session"])
    stripe.wait_until_idle()
    stripe.refund(second["session"])
    stripe.wait_until_idle()
    smoke(image, stage, "v1", "--purchase")
    stripe.wait_until_idle()
    return str(first["spender"])


def _lose(stage: Stage) -> None:
    with psycopg.connect(stage.postgres.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE tokens WITH (FORCE)")
    stage.make_owner()


def _load(stage: Stage, dump: Path) -> None:
    _postgres("pg_restore", f"--dbname={_superuser(stage)}", "--exit-on-error", str(dump))


def _catch_up(image: Image, stage: Stage, moment: datetime, tell: Told) -> list[dict[str, Any]]:
    """The runbook, docs/runbooks/restore-from-backup.md; give what it reports as lost."""
    owner, usual = stage.environment("v2", owner=True), stage.environment("v2")
    since = ("--since", moment.isoformat())
    image.run("migrate", owner)
    image.run("roles", owner)
    image.run(["manage.py", "verify_ledger"], usual)
    tell("migrated, rights given, ledger sound")
    print(image.run(["manage.py", "recover_purchases", *since], usual))
    tell("recover_purchases")
    status = 1
    for _ in range(REPEATS_MAX):
        status, words = _status(image, ["manage.py", "reconcile", "--repair", *since], usual)
        print(words)
        if status == 0:
            break
        time.sleep(1)
    tell(f"reconcile --repair --since exits with {status}")
    lost = stage.directory / "lost.jsonl"
    print(image.run(["manage.py", "rebuild_mirror", "--after-restore", "--lost", str(lost)], usual))
    again = image.run(["manage.py", "rebuild_mirror"], usual)
    assert ", 0 of them repaired, 0 not done" in again.splitlines()[-1], again
    image.run(["manage.py", "verify_ledger"], usual)
    tell("mirror equal, ledger sound")
    return [json.loads(line) for line in lost.read_text().splitlines()]


def _status(image: Image, words: list[str], environment: dict[str, str]) -> tuple[int, str]:
    try:
        return 0, image.run(words, environment)
    except subprocess.CalledProcessError as ended:
        return ended.returncode, ""


def _balances(stage: Stage) -> Balances:
    with psycopg.connect(stage.database_url(OWNER)) as connection:
        return {owner: (balance, debt) for owner, balance, debt in connection.execute(BALANCES).fetchall()}


def _superuser(stage: Stage) -> str:
    return stage.postgres.url.replace("/token_economy?", "/tokens?")


def _postgres(program: str, *arguments: str) -> None:
    subprocess.run([str(find_postgres().directory / program), *arguments], check=True)
