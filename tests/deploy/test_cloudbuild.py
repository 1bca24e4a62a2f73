"""cloudbuild.yaml and cloudbuild-dev.yaml: the same way into two installations, by steps that were rehearsed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.gcloud.run import SERVICE
from tests.deploy.test_release import operator
from tests.deploy.workbench import PROJECT, ROOT, Workbench

__all__ = ["operator"]
FILES = {"prod": "cloudbuild.yaml", "dev": "cloudbuild-dev.yaml"}


def read(kind: str) -> dict[str, Any]:
    build: dict[str, Any] = yaml.safe_load((ROOT / FILES[kind]).read_text())
    return build


def test_both_take_the_same_way_and_differ_in_names_and_sizes_only():
    production, development = read("prod"), read("dev")
    for build, kind in ((production, "prod"), (development, "dev")):
        assert build["substitutions"].pop("_INSTALLATION") == kind
    for name in ("_DOMAIN", "_WORKERS"):
        assert production["substitutions"].pop(name) != development["substitutions"].pop(name)
    assert production == development


def test_nothing_reaches_customers_before_the_tests_and_the_smoke_test_are_green():
    order = [step["id"] for step in read("prod")["steps"]]
    assert order == [
        "test", "image", "push", "migrate", "firestore", "candidate", "workers", "traffic", "finish"
    ]  # fmt: skip
    waits = {step["id"]: step.get("waitFor") for step in read("prod")["steps"]}
    assert waits.pop("image") == ["-"]
    assert waits.pop("push") == ["test", "image"]
    assert set(waits.values()) == {None}, "each of the others waits for all before it"


def test_no_secret_is_in_a_build():
    text = "".join(Path(ROOT / name).read_text() for name in FILES.values())
    assert not re.search(r"(sk|rk|whsec)_\w{8,}|secretEnv|availableSecrets", text)
    assert "--max-instances=1" not in text


@pytest.mark.parametrize("kind", FILES)
def test_the_steps_hand_the_substitutions_on(operator: Workbench, kind: str):
    """As `automapSubstitutions` does: each is a variable of each step."""
    build = read(kind)
    assert build["options"]["automapSubstitutions"] is True
    values = {
        **build["substitutions"],
        "PROJECT_ID": PROJECT,
        "SHORT_SHA": "abc1234",
        "_IMAGE": f"europe-west1-docker.pkg.dev/{PROJECT}/tokens/app",
        "WATCH_SECONDS": "0",
    }
    for step in build["steps"]:
        if step["args"][:1] == ["deploy/build_step.sh"]:
            done = operator.run("bash", *step["args"], values=values)
            assert done.returncode == 0, done.stderr
    assert operator.state[SERVICE][f"tokens-{kind}-web"]["traffic"] == {f"tokens-{kind}-web-abc1234": 100}


def test_a_step_without_its_substitutions_does_nothing(operator: Workbench):
    assert operator.run("bash", "deploy/build_step.sh", "migrate").returncode != 0
    assert operator.calls == []
