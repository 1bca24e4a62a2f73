"""The image and the composed installation, as far as they can be looked at without Docker."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from sandbox import environment
from tests.architecture.source import APPS
from tests.rehearsal.image import Image

ROOT = Path(__file__).resolve().parents[2]
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate", "roles", "catalogue")


def sandbox_environment() -> dict[str, str]:
    lines = (ROOT / "sandbox" / "compose.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_all_of_the_product_and_nothing_else_goes_into_the_image():
    let_in = {line[1:] for line in IGNORED if line.startswith("!")}
    assert "*" in IGNORED
    assert {*APPS, "templates", "static", "manage.py", "gunicorn.conf.py", "requirements.txt"} <= let_in
    assert let_in - {path for path in let_in if (ROOT / path).exists()} == set()
    assert not let_in & {"sandbox", "tests", "tools", ".env", "requirements-dev.txt"}


def test_the_image_runs_as_nobody_in_particular_with_what_was_hashed():
    assert "--require-hashes" in DOCKERFILE
    last_stage = DOCKERFILE.rsplit("FROM ", 1)[1]
    assert "USER 10001:10001" in last_stage
    assert "pip" not in last_stage


def test_the_sandbox_of_compose_has_the_sandboxs_own_values():
    values = sandbox_environment()
    for name in ("SECRET_KEY", "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"):
        assert values[name] == getattr(environment, name)
        assert values[name] not in (ROOT / "docker-compose.yml").read_text()


@pytest.mark.parametrize("name", OURS)
def test_every_process_of_ours_is_one_image_that_cannot_be_written_to(name: str):
    service = SERVICES[name]
    assert service["image"] == "token-economy"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "healthcheck" in service


def prepared_before(name: str) -> list[str]:
    """Everything that is done or healthy before this starts."""
    direct = list(SERVICES[name].get("depends_on", {}))
    return sorted({*direct, *(further for one in direct for further in prepared_before(one))})


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_process_starts_once_all_is_prepared(name: str):
    wanted = {"migrate", "roles", "catalogue", "postgres", "redis", "firestore"}
    assert wanted <= set(prepared_before(name))
    for other in prepared_before(name):
        assert SERVICES[other]["healthcheck"]


def test_only_the_jobs_of_the_owner_know_the_owner():
    owners = {name for name in OURS if "MIGRATION_DATABASE_URL" in SERVICES[name]["environment"]}
    assert owners == {"migrate", "roles"}
    assert "tokens_app:" in SERVICES["web"]["environment"]["DATABASE_URL"]


@pytest.mark.parametrize("name", ["migrate", "roles", "catalogue"])
def test_the_jobs_are_commands_of_ours(name: str):
    from django.core.management import get_commands  # noqa: PLC0415 - needs the apps

    python, manage, command = shlex.split(SERVICES[name]["command"])
    assert (python, manage) == ("python", "manage.py")
    assert command in get_commands()
    assert settings.BASE_DIR == ROOT


def test_the_rehearsal_runs_what_the_image_and_compose_run():
    image = Image.__new__(Image)
    image.app, image.venv = Path("/app"), Path("/venv")
    assert image.command("web") == ["/venv/bin/gunicorn", "config.wsgi"]
    assert image.command("worker")[:4] == ["/venv/bin/celery", "-A", "config", "worker"]
    assert image.command("migrate") == ["/venv/bin/python", "manage.py", "migrate"]
    assert [words[0] for words in image.build_steps()] == ["manage.py", "-m"]
