"""deploy/setup_project.sh and deploy/setup_triggers.sh, rehearsed on an empty project."""

import subprocess

import pytest

from tests.deploy.gcloud import secrets
from tests.deploy.gcloud.project import ACCOUNT, AUTH_STRING, BINDING, SQL_USER, TRIGGER
from tests.deploy.test_release import RELEASE, image, share
from tests.deploy.workbench import PROJECT, Workbench

PLACE = ("--project", PROJECT, "--region", "europe-west1")
EMAIL_URL = "smtp+tls://user:mail-password@smtp.example.com:587"
STRIPE = {
    "STRIPE_SECRET_KEY": "rk_live_" + "LiveSecret012345" * 2,
    "STRIPE_PUBLISHABLE_KEY": "pk_live_" + "LivePublic012345" * 2,
    "STRIPE_WEBHOOK_SECRET": "whsec_" + "Signing/Secret+1" * 2,
}
DONE, USAGE, VALUE, RIGHTS = 0, 2, 3, 4


def set_up(bench: Workbench, *options: str, email: str = EMAIL_URL) -> subprocess.CompletedProcess[str]:
    return bench.run("deploy/setup_project.sh", "prod", *PLACE, *options, values={"EMAIL_URL": email})


def kept(bench: Workbench) -> dict[str, str]:
    return {
        name.removeprefix("tokens-prod-"): secret["versions"][-1]["data"]
        for name, secret in bench.state[secrets.KIND].items()
    }


def assert_set_up(bench: Workbench) -> None:
    values = kept(bench)
    assert values.keys() == {
        *("secret-key", "metrics-token", "email-url", "database-url", "migration-database-url", "redis-url")
    }
    password = bench.state[SQL_USER]["owner"]["password"]
    assert (
        values["migration-database-url"]
        == f"postgresql://owner:{password}@10.1.0.3:5432/tokens?sslmode=require"
    )
    assert values["redis-url"] == f"redis://:{AUTH_STRING}@10.2.0.3:6379/0"
    app = values["database-url"].removeprefix("postgresql://tokens_app:").partition("@")[0]
    bench.assert_hidden(
        password, app, AUTH_STRING, values["secret-key"], values["metrics-token"], "mail-password"
    )


def test_an_empty_project_becomes_ready_and_a_second_run_changes_nothing(workbench: Workbench):
    first = set_up(workbench)
    assert first.returncode == DONE, first.stderr
    assert_set_up(workbench)
    before = workbench.state

    second = set_up(workbench)

    assert second.returncode == DONE, second.stderr
    assert workbench.state == before
    assert "done:" not in second.stdout
    assert not workbench.left_behind()


def test_no_account_may_do_more_than_its_part(workbench: Workbench):
    set_up(workbench)
    assert len(workbench.state[ACCOUNT]) == 4
    roles: dict[str, set[str]] = {}
    for role, member in workbench.state[BINDING][PROJECT]:
        name = member.removeprefix("serviceAccount:tokens-prod-").partition("@")[0]
        roles.setdefault(name, set()).add(role.removeprefix("roles/"))
    assert roles["web"] == {"datastore.viewer", "logging.logWriter"}
    assert roles["worker"] == {"datastore.user", "firebaseauth.admin", "logging.logWriter"}
    assert not any("owner" in role or "editor" in role for found in roles.values() for role in found)
    assert workbench.state[secrets.KIND]["tokens-prod-migration-database-url"]["readers"] == [
        f"serviceAccount:tokens-prod-jobs@{PROJECT}.iam.gserviceaccount.com"
    ]


@pytest.mark.parametrize("writes", range(1, 60, 14))
def test_what_is_interrupted_is_finished_by_the_next_run(workbench: Workbench, writes: int):
    workbench.cloud.interrupt_after = writes
    assert set_up(workbench).returncode < 0
    done = set_up(workbench)
    assert done.returncode == DONE, done.stderr
    assert_set_up(workbench)


def test_a_missing_right_a_wrong_value_and_a_dry_run(workbench: Workbench):
    assert set_up(workbench, email="not an address").returncode == VALUE
    assert set_up(workbench, "--dry-run").returncode == DONE
    assert set_up(workbench, EMAIL_URL).returncode == USAGE
    assert workbench.run("deploy/setup_project.sh", "prod").returncode == USAGE
    assert workbench.state == {}
    workbench.cloud.denied = {"cloudsql.instances.create"}
    refused = set_up(workbench)
    assert refused.returncode == RIGHTS
    assert "cloudsql.instances.create" in refused.stderr


def test_what_was_set_up_is_enough_for_a_release(workbench: Workbench):
    """Everything from an empty project to the first release, by the scripts alone."""
    set_up(workbench)
    stripe = workbench.run("./setup_stripe_secrets.sh", "prod", "--project", PROJECT, values=STRIPE)
    assert stripe.returncode == DONE, stripe.stderr
    done = workbench.run(
        *(RELEASE, "prod", "all", *PLACE, "--domain", "tokens.example.com", "--image", image("v1")),
        values={"WATCH_SECONDS": "0"},
    )
    assert done.returncode == DONE, done.stderr
    assert share(workbench) == {"v1": 100}
    workbench.assert_hidden(*STRIPE.values(), *kept(workbench).values())


def test_pushes_deploy_main_to_production_and_other_branches_to_development(workbench: Workbench):
    repository = f"projects/{PROJECT}/locations/europe-west1/connections/github/repositories/shop"
    for kind in ("prod", "dev"):
        account = f"tokens-{kind}-build@{PROJECT}.iam.gserviceaccount.com"
        workbench.cloud.there(ACCOUNT)[account] = {}
        command = (
            "deploy/setup_triggers.sh",
            kind,
            *PLACE,
            "--repository",
            repository,
            "--domain",
            "x.example.com",
        )
        values = {"FIREBASE_WEB_CONFIG": '{"apiKey":"public"}', "WORKERS": "3", "FORGIVE_DEBT": "1"}
        assert workbench.run(*command, "--dry-run", values=values).stdout.startswith("would:")
        first = workbench.run(*command, values=values)
        assert first.returncode == DONE, first.stderr
        assert workbench.run(*command, values=values).stdout.startswith("as it is:")
    production, development = (workbench.state[TRIGGER][f"tokens-{kind}"] for kind in ("prod", "dev"))
    assert production["repositoryEventConfig"]["push"] == {"branch": "^main$", "invertRegex": False}
    assert development["repositoryEventConfig"]["push"] == {"branch": "^main$", "invertRegex": True}
    assert (production["filename"], development["filename"]) == ("cloudbuild.yaml", "cloudbuild-dev.yaml")
    assert production["substitutions"]["_FIREBASE_WEB_CONFIG"] == '{"apiKey":"public"}'
    assert production["substitutions"]["_FORGIVE_DEBT"] == "1"
    assert workbench.run("deploy/setup_triggers.sh", "prod").returncode == USAGE
    assert workbench.run("deploy/setup_triggers.sh", "prod", "").returncode == USAGE
    assert workbench.run("deploy/setup_triggers.sh", "prod", "--what").returncode == USAGE
