"""deploy/apply_monitoring.sh, rehearsed."""

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.deploy.gcloud.monitoring import DASHBOARD, METRIC, POLICY, UPTIME
from tests.deploy.workbench import PROJECT, ROOT, Workbench

RUNBOOKS = ROOT / "docs" / "runbooks"
MONITORING = ROOT / "deploy" / "monitoring"
SIZES = {
    METRIC: len(list(MONITORING.glob("metrics/*.yaml"))),
    POLICY: len(list(MONITORING.glob("policies/*.yaml"))),
    DASHBOARD: 1,
    UPTIME: 1,
}


def run(bench: Workbench, *arguments: str) -> subprocess.CompletedProcess[str]:
    fixed = ("--project", PROJECT, "--host", "tokens.example.com", "--channels", "projects/1/channels/7")
    return bench.run("deploy/apply_monitoring.sh", *fixed, *arguments)


def sizes(bench: Workbench) -> dict[str, int]:
    return {kind: len(things) for kind, things in bench.state.items()}


def test_all_is_made_and_a_second_run_changes_nothing(workbench: Workbench):
    first = run(workbench)
    assert first.returncode == 0, first.stderr
    assert sizes(workbench) == SIZES
    assert all(
        policy["notificationChannels"] == ["projects/1/channels/7"]
        for policy in workbench.state[POLICY].values()
    )
    before = workbench.state

    second = run(workbench)

    assert second.returncode == 0, second.stderr
    assert workbench.state == before
    assert "done:" not in second.stdout

    # Another channel is a change of every policy, and of nothing else.
    third = workbench.run("deploy/apply_monitoring.sh", "--project", PROJECT, "--host", "tokens.example.com")
    assert third.returncode == 0, third.stderr
    assert sizes(workbench) == SIZES
    assert not any(policy["notificationChannels"] for policy in workbench.state[POLICY].values())


def test_a_dry_run_and_wrong_usage_change_nothing(workbench: Workbench):
    assert run(workbench, "--dry-run").returncode == 0
    assert run(workbench, "--what").returncode == 2
    assert workbench.run("deploy/apply_monitoring.sh", "--project", PROJECT).returncode == 2
    assert workbench.state == {}


def test_what_is_interrupted_or_refused_is_finished_by_the_next_run(workbench: Workbench):
    workbench.cloud.interrupt_after = SIZES[METRIC] + 3
    assert run(workbench).returncode < 0

    workbench.cloud.denied = {"monitoring.dashboards.create"}
    refused = run(workbench)
    assert refused.returncode == 4
    assert "monitoring.dashboards.create" in refused.stderr

    workbench.cloud.denied = set()
    assert run(workbench).returncode == 0
    assert sizes(workbench) == SIZES


def test_a_policy_of_ours_without_a_file_is_deleted_and_others_are_left(workbench: Workbench):
    ours = {"displayName": "Tokens: old", "userLabels": {"managed_by": "token-economy", "content": "1"}}
    theirs = {"displayName": "Theirs", "userLabels": {"managed_by": "somebody", "content": "1"}}
    workbench.cloud.there(POLICY).update({"p/1": ours, "p/2": theirs})

    assert run(workbench).returncode == 0

    names = workbench.state[POLICY].keys()
    assert "p/1" not in names
    assert "p/2" in names


@pytest.mark.parametrize("policy", sorted(MONITORING.glob("policies/*.yaml")), ids=lambda path: path.stem)
def test_each_policy_names_a_runbook_that_is_there(policy: Path):
    named = re.findall(r"docs/runbooks/[a-z-]+\.md", policy.read_text())
    assert named
    assert all((ROOT / page).exists() for page in named)


def test_the_runbooks_are_listed_and_name_commands_that_are_there():
    index = (RUNBOOKS / "README.md").read_text()
    pages = [page for page in RUNBOOKS.glob("*.md") if page.name != "README.md"]
    assert all(f"({page.name})" in index for page in pages)
    told = "\n".join(page.read_text() for page in pages)
    assert set(re.findall(r"manage\.py (\w+)", told)) <= get_commands().keys()
    assert all((RUNBOOKS / page).exists() for page in re.findall(r"\]\(([a-z-]+\.md)\)", told + index))
