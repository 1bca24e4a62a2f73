"""deploy/release.sh and deploy/roll_back.sh, rehearsed: first, again, interrupted, bad, taken back."""

import subprocess
from typing import Any

import pytest

from tests.deploy.gcloud import secrets
from tests.deploy.gcloud.run import EXECUTION, JOB, POOL, PROJECT_NUMBER, REVISION, SERVICE
from tests.deploy.workbench import PROJECT, Workbench

RELEASE, ROLL_BACK = "deploy/release.sh", "deploy/roll_back.sh"
PLACE = ("--project", PROJECT, "--region", "europe-west1")
HOST = f"tokens-prod-web-{PROJECT_NUMBER}.europe-west1.run.app"
WEB, WORKER, BEAT = "tokens-prod-web", "tokens-prod-worker", "tokens-prod-beat"
OF_ALL = (
    "secret-key",
    "database-url",
    "redis-url",
    "stripe-secret-key",
    "stripe-publishable-key",
    "email-url",
)
READERS = {
    **dict.fromkeys(OF_ALL, ("web", "worker", "jobs")),
    "stripe-webhook-secret": ("web", "jobs"),
    "metrics-token": ("web",),
    "migration-database-url": ("jobs",),
}
VALUE = "a-value-that-nobody-may-see"
DONE, USAGE, RIGHTS, FAILED, TAKEN_BACK, OVERTAKEN = 0, 2, 4, 5, 6, 7
JOBS_OF_A_RELEASE = [
    "python manage.py migrate --no-input",
    "python manage.py grant_database_rights",
    "python manage.py sync_roles",
    "python manage.py seed_catalog --if-empty",
    f"python manage.py smoke https://candidate---{HOST} --without=workers,beat",
    f"python manage.py smoke https://{HOST}",
]


def image(version: str) -> str:
    return f"europe-west1-docker.pkg.dev/{PROJECT}/tokens/app:{version}"


@pytest.fixture
def operator(workbench: Workbench) -> Workbench:
    """Accounts and secrets of both installations are there; nothing runs."""
    for kind in ("prod", "dev"):
        accounts = {
            name: f"tokens-{kind}-{name}@{PROJECT}.iam.gserviceaccount.com"
            for name in ("web", "worker", "jobs")
        }
        workbench.cloud.there("service-accounts").update({name: {} for name in accounts.values()})
        for secret, readers in READERS.items():
            workbench.cloud.there(secrets.KIND)[f"tokens-{kind}-{secret}"] = {
                "versions": [{"state": "ENABLED", "data": VALUE}],
                "readers": [f"serviceAccount:{accounts[reader]}" for reader in readers],
            }
    return workbench


def release(
    operator: Workbench, version: str, *steps: str, kind: str = "prod", **values: str
) -> subprocess.CompletedProcess[str]:
    wanted = steps or ("all",)
    return operator.run(
        *(RELEASE, kind, *wanted, *PLACE, "--domain", "tokens.example.com", "--image", image(version)),
        values={
            "WATCH_SECONDS": "0",
            "TRUSTED_PROXIES": "1",
            "FIREBASE_WEB_CONFIG": '{"apiKey":"a,b"}',
            **values,
        },
    )


def share(operator: Workbench) -> dict[str, int]:
    traffic: dict[str, int] = operator.state[SERVICE][WEB]["traffic"]
    return {revision.rpartition("-")[2]: percent for revision, percent in traffic.items()}


def pools(operator: Workbench) -> set[str]:
    return {pool["image"].rpartition(":")[2] for pool in operator.state[POOL].values()}


def executed(operator: Workbench) -> list[str]:
    return list(operator.state[EXECUTION].values())


def without_executions(state: dict[str, Any]) -> dict[str, Any]:
    return {kind: things for kind, things in state.items() if kind != EXECUTION}


def test_the_first_release_brings_everything_and_a_second_run_changes_nothing(operator: Workbench):
    done = release(operator, "v1")
    assert done.returncode == DONE, done.stderr
    assert share(operator) == {"v1": 100}
    assert pools(operator) == {"v1"}
    assert executed(operator) == JOBS_OF_A_RELEASE
    site = operator.state[REVISION][f"{WEB}-v1"]
    assert site["environment"] == {
        "SITE_URL": "https://tokens.example.com",
        "ALLOWED_HOSTS": f"tokens.example.com,{HOST},candidate---{HOST}",
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "TRUSTED_PROXIES": "1",
        "FIREBASE_WEB_CONFIG": '{"apiKey":"a,b"}',
    }
    before = without_executions(operator.state)

    again = release(operator, "v1")

    assert again.returncode == DONE, again.stderr
    assert without_executions(operator.state) == before
    assert [
        line for line in again.stdout.splitlines() if line.startswith("done:") and "smoke" not in line
    ] == [
        "done:  migrate",
        "done:  give the application's role its rights",
        "done:  give the staff's roles their rights",
        "done:  put the first packages on sale, if there are none",
    ]
    operator.assert_hidden(VALUE)
    assert not operator.left_behind()


def test_each_process_has_the_secrets_that_it_needs_and_no_other(operator: Workbench):
    assert release(operator, "v1").returncode == DONE
    common = {
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "STRIPE_SECRET_KEY",
        "STRIPE_PUBLISHABLE_KEY",
        "EMAIL_URL",
    }
    has = {
        name: set(thing["secrets"]) - common
        for kind in (REVISION, POOL, JOB)
        for name, thing in operator.state[kind].items()
    }
    assert has == {
        f"{WEB}-v1": {"STRIPE_WEBHOOK_SECRET", "METRICS_TOKEN"},
        WORKER: set(),
        BEAT: set(),
        "tokens-prod-owner": {"MIGRATION_DATABASE_URL"},
        "tokens-prod-manage": {"STRIPE_WEBHOOK_SECRET"},
    }


def test_the_next_release_is_met_in_steps_and_can_be_rolled_back_by_hand(operator: Workbench):
    release(operator, "v1")
    operator.cloud.answers = [200] * 500 + [500] * 3

    done = release(operator, "v2")

    assert done.returncode == DONE, done.stderr
    assert share(operator) == {"v2": 100}
    assert [line for line in done.stdout.splitlines() if " % meet" in line] == [
        f"done:  have {percent} % meet {WEB}-v2" for percent in (5, 25, 100)
    ]

    back = operator.run(ROLL_BACK, "prod", *PLACE)
    assert back.returncode == DONE, back.stderr
    assert share(operator) == {"v1": 100}
    assert pools(operator) == {"v1"}
    again = operator.run(ROLL_BACK, "prod", *PLACE)
    assert "done:" not in again.stdout


def test_a_candidate_that_is_not_right_is_met_by_nobody(operator: Workbench):
    release(operator, "v1")
    operator.cloud.failing = {"smoke https://candidate"}

    done = release(operator, "v2")

    assert done.returncode == TAKEN_BACK
    assert "smoke failed on tokens-prod-web-v2" in done.stderr
    assert share(operator) == {"v1": 100}
    assert pools(operator) == {"v1"}


def test_errors_on_the_way_take_a_release_back(operator: Workbench):
    release(operator, "v1")
    operator.cloud.answers = [200] * 100 + [503] * 3

    done = release(operator, "v2")

    assert done.returncode == TAKEN_BACK
    assert "answered with errors at 5 %" in done.stderr
    assert share(operator) == {"v1": 100}
    assert pools(operator) == {"v1"}


def test_a_fault_of_the_whole_takes_a_release_back(operator: Workbench):
    release(operator, "v1")
    operator.cloud.failing = {f"smoke https://{HOST}"}

    done = release(operator, "v2")

    assert done.returncode == TAKEN_BACK
    assert share(operator) == {"v1": 100}
    assert pools(operator) == {"v1"}


def test_the_first_release_has_nothing_to_go_back_to(operator: Workbench):
    operator.cloud.failing = {f"smoke https://{HOST}"}
    done = release(operator, "v1")
    assert done.returncode == TAKEN_BACK
    assert "no revision before this one" in done.stderr
    assert share(operator) == {"v1": 100}


def test_of_two_releases_at_once_the_one_that_came_first_stops_and_takes_nothing_back(operator: Workbench):
    release(operator, "v1")
    assert release(operator, "v2", "migrate", "candidate").returncode == DONE
    assert release(operator, "v3", "migrate", "candidate").returncode == DONE
    before = operator.state

    for step in ("workers", "traffic", "finish"):
        stopped = release(operator, "v2", step)
        assert stopped.returncode == OVERTAKEN
        assert f"the candidate is {WEB}-v3 by now" in stopped.stderr
        assert operator.state == before

    assert release(operator, "v3", "workers", "traffic", "finish").returncode == DONE
    assert share(operator) == {"v3": 100}
    assert pools(operator) == {"v3"}
    assert operator.state[SERVICE][WEB]["tags"]["previous"] == f"{WEB}-v1"


@pytest.mark.parametrize(("looked_at", "percent"), [("logging read", 5), (f"smoke https://{HOST}", 100)])
def test_a_release_that_is_overtaken_while_it_is_looked_at_takes_nothing_back(
    operator: Workbench, looked_at: str, percent: int
):
    release(operator, "v1")
    operator.cloud.failing = {looked_at}
    operator.cloud.answers = [503 if looked_at == "logging read" else 200] * 100
    tags = operator.cloud.there(SERVICE)[WEB]["tags"]
    operator.cloud.meanwhile = {looked_at: lambda: tags.update(candidate=f"{WEB}-v3")}

    stopped = release(operator, "v2")

    assert stopped.returncode == OVERTAKEN
    assert share(operator)["v2"] == percent
    assert pools(operator) == {"v2"}


@pytest.mark.parametrize("writes", range(1, 12, 2))
def test_what_is_interrupted_is_finished_by_the_next_run(operator: Workbench, writes: int):
    """After each second change of a release's, the power goes."""
    release(operator, "v1")
    operator.cloud.interrupt_after = operator.cloud.writes + writes
    assert release(operator, "v2").returncode < 0

    done = release(operator, "v2")

    assert done.returncode == DONE, done.stderr
    assert share(operator) == {"v2": 100}
    assert pools(operator) == {"v2"}
    assert operator.state[SERVICE][WEB]["tags"] == {"previous": f"{WEB}-v1", "candidate": f"{WEB}-v2"}


@pytest.mark.parametrize("right", ["run.jobs.run", "run.services.create", "run.workerpools.create"])
def test_a_missing_right_is_named_and_is_no_verdict(operator: Workbench, right: str):
    release(operator, "v1")
    operator.cloud.denied = {right}
    done = release(operator, "v2")
    assert done.returncode == RIGHTS
    assert right in done.stderr
    assert share(operator) == {"v1": 100}


def test_a_secret_that_its_reader_may_not_read_is_told(operator: Workbench):
    operator.cloud.there(secrets.KIND)["tokens-prod-metrics-token"]["readers"] = []
    done = release(operator, "v1")
    assert done.returncode == FAILED
    assert "Permission denied on secret: tokens-prod-metrics-token" in done.stderr
    operator.assert_hidden(VALUE)


def test_dev_is_a_sandbox_and_is_met_at_once(operator: Workbench):
    assert release(operator, "v1", kind="dev").returncode == DONE
    assert operator.state[REVISION]["tokens-dev-web-v1"]["environment"]["SANDBOX"] == "1"
    done = release(operator, "v2", kind="dev")
    assert [line for line in done.stdout.splitlines() if " % meet" in line] == [
        "done:  have 100 % meet tokens-dev-web-v2"
    ]


def test_a_dry_run_and_wrong_usage_change_nothing(operator: Workbench):
    before = operator.state
    assert release(operator, "v1", "all", "--dry-run").returncode in {DONE, FAILED}
    assert release(operator, "v1", "--what").returncode == USAGE
    assert operator.run(RELEASE, "prod", "all", *PLACE).returncode == USAGE
    assert operator.run(ROLL_BACK, "prod").returncode == USAGE
    assert operator.run(ROLL_BACK, "prod", "--what").returncode == USAGE
    assert operator.state == before
