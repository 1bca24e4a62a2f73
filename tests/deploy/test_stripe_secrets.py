"""setup_stripe_secrets.sh, rehearsed: repeatable, resumable, and nobody sees a value."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.workbench import PROJECT, Workbench

SCRIPT = "./setup_stripe_secrets.sh"
SECRET, PUBLISHABLE, WEBHOOK = "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"
LIVE = {
    SECRET: "rk_live_" + "LiveSecret012345" * 2,
    PUBLISHABLE: "pk_live_" + "LivePublic012345" * 2,
    WEBHOOK: "whsec_" + "Signing/Secret+1" * 2,
}
TEST = {**LIVE, SECRET: "sk_test_" + "TestSecret012345" * 2, PUBLISHABLE: "pk_test_" + "TestPublic012345" * 2}
NEXT = "whsec_" + "AnotherSecret+22" * 2
DONE, USAGE, VALUE, RIGHTS, FAILED = 0, 2, 3, 4, 5


def account(reader: str, installation: str = "prod") -> str:
    return f"tokens-{installation}-{reader}@{PROJECT}.iam.gserviceaccount.com"


@pytest.fixture
def operator(workbench: Workbench) -> Workbench:
    """The service accounts are there, the secrets are not."""
    accounts = [account(reader, kind) for reader in ("web", "worker", "jobs") for kind in ("dev", "prod")]
    workbench.cloud.there("service-accounts").update({name: {} for name in accounts})
    return workbench


def run(operator: Workbench, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return operator.run(SCRIPT, *(arguments or ("prod",)), "--project", PROJECT, **options)


def kept(operator: Workbench, name: str, installation: str = "prod") -> dict[str, Any]:
    secret = operator.state["secrets"][f"tokens-{installation}-{name.lower().replace('_', '-')}"]
    return {
        "live": [version["data"] for version in secret["versions"] if version["state"] == "ENABLED"],
        "readers": [reader.removeprefix("serviceAccount:") for reader in secret["readers"]],
    }


def assert_set_up(operator: Workbench) -> None:
    for name, value in LIVE.items():
        assert kept(operator, name)["live"] == [value]
    everybody = sorted(map(account, ("web", "worker", "jobs")))
    assert kept(operator, SECRET)["readers"] == everybody
    assert kept(operator, WEBHOOK)["readers"] == sorted(map(account, ("web", "jobs")))
    operator.assert_hidden(*LIVE.values())


def test_the_first_run_stores_each_value_and_lets_its_readers_read_it(operator: Workbench):
    done = run(operator, values=LIVE)

    assert done.returncode == DONE, done.stderr
    assert_set_up(operator)
    assert not operator.left_behind()


def test_a_second_run_changes_nothing(operator: Workbench):
    run(operator, values=LIVE)
    before = operator.state

    done = run(operator, values=LIVE)

    assert done.returncode == DONE, done.stderr
    assert operator.state == before
    assert "done:" not in done.stdout
    assert_set_up(operator)


def test_values_may_come_from_a_file_that_nobody_else_may_read(operator: Workbench, tmp_path: Path):
    file = tmp_path / "keys.env"
    file.write_text("# Stripe\nOTHER=1\n" + "".join(f"{name}={value}\n" for name, value in LIVE.items()))
    file.chmod(0o644)
    refused = run(operator, "prod", "--values", str(file))
    assert refused.returncode == VALUE
    assert "chmod 600" in refused.stderr
    assert "secrets" not in operator.state

    file.chmod(0o600)
    assert run(operator, "prod", "--values", str(file)).returncode == DONE
    assert_set_up(operator)


def test_values_may_come_from_standard_input(operator: Workbench):
    lines = "\r\n".join(f"{name}={value}" for name, value in LIVE.items())

    assert run(operator, "prod", "--values", "-", stdin=lines).returncode == DONE

    assert_set_up(operator)


def test_what_is_not_given_stays_as_it_is(operator: Workbench):
    run(operator, values=LIVE)

    done = run(operator, values={SECRET: "rk_live_" + "b" * 24})

    assert done.returncode == DONE
    assert kept(operator, WEBHOOK)["live"] == [LIVE[WEBHOOK]]
    assert kept(operator, SECRET)["live"] == [LIVE[SECRET], "rk_live_" + "b" * 24]


def test_dev_has_secrets_of_its_own(operator: Workbench):
    assert run(operator, "dev", values=TEST).returncode == DONE

    assert kept(operator, SECRET, "dev")["live"] == [TEST[SECRET]]
    assert account("web", "dev") in kept(operator, SECRET, "dev")["readers"]


@pytest.mark.parametrize(
    ("installation", "name", "value", "words"),
    [
        ("dev", SECRET, LIVE[SECRET], "test key"),
        ("dev", PUBLISHABLE, LIVE[PUBLISHABLE], "test key"),
        ("prod", SECRET, TEST[SECRET], "live key"),
        ("prod", SECRET, LIVE[PUBLISHABLE], "secret or restricted"),
        ("prod", PUBLISHABLE, LIVE[SECRET], "publishable"),
        ("prod", WEBHOOK, LIVE[SECRET], "signing secret"),
        ("prod", SECRET, LIVE[SECRET] + "\n--oops", "live key"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_before_anything_is_changed(
    operator: Workbench, installation: str, name: str, value: str, words: str
):
    good = LIVE if installation == "prod" else TEST

    done = run(operator, installation, values={**good, name: value})

    assert done.returncode == VALUE
    assert f"{name} does not look like" in done.stderr
    assert words in done.stderr
    assert "secrets" not in operator.state
    operator.assert_hidden(value, *good.values())


def test_a_dry_run_says_what_it_would_do_and_does_nothing(operator: Workbench):
    before = operator.state
    done = run(operator, "prod", "--dry-run", values=LIVE)
    assert done.returncode == DONE, done.stderr
    assert "would: create the secret tokens-prod-stripe-webhook-secret" in done.stdout
    assert operator.state == before

    run(operator, values=LIVE)
    before = operator.state
    again = run(operator, "prod", "--dry-run", "--rotate", WEBHOOK, values={WEBHOOK: NEXT})
    assert "would: add a version to tokens-prod-stripe-webhook-secret" in again.stdout
    assert operator.state == before
    operator.assert_hidden(NEXT, *LIVE.values())


def test_while_a_signing_secret_is_rotated_both_are_live_and_then_the_old_one_is_disabled(
    operator: Workbench,
):
    run(operator, values=LIVE)

    assert run(operator, "prod", "--rotate", WEBHOOK).returncode == VALUE  # there is no new one
    begun = run(operator, "prod", "--rotate", WEBHOOK, values={WEBHOOK: NEXT})
    assert begun.returncode == DONE, begun.stderr
    assert kept(operator, WEBHOOK)["live"][-1] == f"{NEXT},{LIVE[WEBHOOK]}"
    assert "--finish STRIPE_WEBHOOK_SECRET" in begun.stdout

    halfway = operator.state
    assert run(operator, "prod", "--rotate", WEBHOOK, values={WEBHOOK: NEXT}).returncode == DONE
    assert operator.state == halfway

    for _ in range(2):
        assert run(operator, "prod", "--finish", WEBHOOK).returncode == DONE
        assert kept(operator, WEBHOOK)["live"] == [NEXT]
    operator.assert_hidden(NEXT, *LIVE.values())


def test_a_key_is_rotated_by_its_versions(operator: Workbench):
    run(operator, values=LIVE)
    key = "rk_live_" + "c" * 24

    assert run(operator, "prod", "--rotate", SECRET, values={SECRET: key}).returncode == DONE
    assert kept(operator, SECRET)["live"] == [LIVE[SECRET], key]

    dry = run(operator, "prod", "--dry-run", "--finish", SECRET)
    assert "would: disable version 1 " in dry.stdout
    assert "disable version 2" not in dry.stdout
    assert run(operator, "prod", "--finish", SECRET).returncode == DONE
    assert kept(operator, SECRET)["live"] == [key]


def test_wherever_a_run_is_interrupted_the_next_one_finishes(operator: Workbench):
    """Killed after each change in turn: what was done counts, what was not is done."""
    statuses: list[int] = []
    while DONE not in statuses:
        operator.cloud.interrupt_after = len(statuses) + 1
        statuses.append(run(operator, values=LIVE).returncode)
    assert len(statuses) > len(LIVE) * 3

    assert_set_up(operator)


def test_a_rotation_that_is_interrupted_is_finished_by_the_next(operator: Workbench):
    run(operator, values=LIVE)
    for command in (("--rotate", WEBHOOK), ("--finish", WEBHOOK)):
        statuses = []
        while DONE not in statuses:
            operator.cloud.interrupt_after = operator.cloud.writes + 1
            statuses.append(run(operator, "prod", *command, values={WEBHOOK: NEXT}).returncode)
        assert len(statuses) > 1

    assert kept(operator, WEBHOOK)["live"] == [NEXT]


@pytest.mark.parametrize(
    "right",
    [
        "secretmanager.secrets.create",
        "secretmanager.secrets.get",
        "secretmanager.versions.add",
        "secretmanager.versions.list",
        "secretmanager.secrets.setIamPolicy",
    ],
)
def test_a_missing_right_is_named(operator: Workbench, right: str):
    operator.cloud.denied = {right}

    done = run(operator, values=LIVE)

    assert done.returncode == RIGHTS
    assert right in done.stderr
    operator.assert_hidden(*LIVE.values())
    operator.cloud.denied = set()
    assert run(operator, values=LIVE).returncode == DONE
    assert_set_up(operator)


def test_a_service_account_that_is_not_there_is_told(operator: Workbench):
    operator.cloud.there("service-accounts").clear()

    done = run(operator, values=LIVE)

    assert done.returncode == FAILED
    assert account("web") in done.stderr


def test_gcloud_must_be_there_and_signed_in(operator: Workbench):
    operator.cloud.account = ""
    signed_out = run(operator, values=LIVE)
    assert (signed_out.returncode, "gcloud auth login" in signed_out.stderr) == (RIGHTS, True)

    for program in ("bash", "dirname", "mktemp", "rm", "cat"):
        (operator.directory / "few").mkdir(exist_ok=True)
        (operator.directory / "few" / program).symlink_to(Path("/usr/bin") / program)
    without = run(operator, values=LIVE, path=str(operator.directory / "few"))
    assert (without.returncode, "gcloud is not on the path" in without.stderr) == (RIGHTS, True)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("prod", "--values"),
        ("prod", "--rotate", "SECRET_KEY"),
        ("prod", "--rotate", WEBHOOK, "--finish", WEBHOOK),
        ("prod", LIVE[SECRET]),
    ],
)
def test_wrong_usage_is_told_without_repeating_what_may_be_a_key(
    operator: Workbench, arguments: tuple[str, ...]
):
    before = operator.state

    done = operator.run(SCRIPT, *arguments)

    assert done.returncode == USAGE
    assert done.stderr
    assert operator.state == before
    assert LIVE[SECRET] not in done.stdout + done.stderr


def test_the_project_is_gclouds_own_where_none_is_said(operator: Workbench):
    assert operator.run(SCRIPT, "prod", values=LIVE).returncode == USAGE

    operator.cloud.default_project = PROJECT
    assert operator.run(SCRIPT, "prod", values=LIVE).returncode == DONE
    assert_set_up(operator)


@pytest.mark.parametrize("command", [("--rotate", WEBHOOK), ("--finish", WEBHOOK)])
def test_what_was_never_stored_cannot_be_rotated(operator: Workbench, command: tuple[str, str]):
    done = run(operator, "prod", *command, values={WEBHOOK: NEXT})

    assert done.returncode == VALUE
    assert "secrets" not in operator.state


def test_the_help_is_there(operator: Workbench):
    assert "usage:" in operator.run(SCRIPT, "--help").stdout
