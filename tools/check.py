"""Every check but the tests: runs them two at a time, prints a line for each, shows what failed.

usage: ./dev check [names]
"""
# ruff: noqa: T201, S603 - a command-line tool: it prints, and starts the programs listed here

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
AT_ONCE = 2
APPS = ("config", "backoffice", "payments", "security", "tokens", "mirror", "identity", "foundation")
NOT_OURS = {".venv", ".demo", ".git", "node_modules", "staticfiles"}

# Settings as in production, with values that are well-formed and lead nowhere.
PRODUCTION = {
    "DEBUG": "0",
    "SANDBOX": "0",
    "SECRET_KEY": "Kq7vN2xR9bT4mW8zL5cJ1hG6fD3sA0pYuEiOwQrXtZnVbMkHgF",
    "SITE_URL": "https://tokens.example.com",
    "ALLOWED_HOSTS": "tokens.example.com",
    "DATABASE_URL": "postgresql://app@/none?host=/nonexistent",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "STRIPE_SECRET_KEY": "sk_live_" + "CheckedButNeverUsed01234",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_" + "CheckedButNeverUsed01234",
    "STRIPE_WEBHOOK_SECRET": "whsec_" + "CheckedButNeverUsed01234CheckedBu",
    "GOOGLE_CLOUD_PROJECT": "tokens-example",
    "METRICS_TOKEN": "checked-but-never-used",
    "OPERATOR_EMAILS": "operator@example.com",
    "EMAIL_URL": "smtp://localhost:25",
}
# What a developer's shell may hold and production must not.
UNSET = ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "STRIPE_API_BASE", "DJSTRIPE_MIGRATIONS")


@dataclass(frozen=True)
class Check:
    """One command and the name it goes by."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How a check ended."""

    check: Check
    seconds: float
    status: int
    output: str


def checks() -> list[Check]:
    """Give all checks, the slow ones first; those whose files are not there are left out."""
    yaml = files("*.yml", "*.yaml")
    shell = files("*.sh", ".ci/run")
    python = (sys.executable, "-W", "ignore::RuntimeWarning")  # no database here: makemigrations warns
    found = [
        _tool("types", "mypy", ".", "dev"),
        Check("migrations", (*python, "manage.py", "makemigrations", "--check", "--dry-run")),
        Check("deploy", (sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING")),
        _tool("imports", "lint-imports"),
        _tool("lint", "ruff", "check", ".", "dev"),
        _tool("format", "ruff", "format", "--check", ".", "dev"),
        # Ruff's S rules, exempted line by line, hold what is below medium.
        _tool("bandit", "bandit", "--quiet", "--severity-level", "medium", "--recursive", *APPS),
        _tool("templates-lint", "djlint", "templates", "--lint"),
        _tool("templates-format", "djlint", "templates", "--check"),
    ]
    if yaml:
        found.append(_tool("yaml", "yamllint", "--strict", *yaml))
    if shell:
        found.append(_tool("shell", "shellcheck", "--external-sources", *shell))
    if docker := files("Dockerfile"):
        found.append(_tool("docker", "hadolint", *docker))
    if compose := files("docker-compose.yml"):
        found.append(_schema("compose", "vendor.compose-spec", compose))
    if build := files("cloudbuild*.yaml"):
        found.append(_schema("cloudbuild", "vendor.cloudbuild", build))
    return found


def files(*patterns: str) -> list[str]:
    """Give the project's own files that match, relative to its root."""
    found = {path.relative_to(ROOT) for pattern in patterns for path in ROOT.rglob(pattern)}
    return sorted(str(path) for path in found if not NOT_OURS & set(path.parts))


def _tool(name: str, program: str, *arguments: str) -> Check:
    return Check(name, (str(BIN / program), *arguments))


def _schema(name: str, schema: str, paths: list[str]) -> Check:
    return _tool(name, "check-jsonschema", "--builtin-schema", schema, *paths)


def run(check: Check) -> Result:
    """Run one check in the project's root."""
    environment = {key: value for key, value in os.environ.items() if key not in UNSET}
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**environment, **PRODUCTION},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    return Result(check, time.monotonic() - started, done.returncode, done.stdout)


def main(names: list[str]) -> int:
    """Run the named checks, or all; give 1 when any failed."""
    wanted = checks()
    known = {check.name for check in wanted}
    if unknown := set(names) - known:
        print(f"There is no check {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}.")
        return 2
    failed: list[Result] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(run, check) for check in wanted if not names or check.name in names]
        for future in as_completed(running):
            result = future.result()
            verdict = "FAILED" if result.status else "ok"
            print(f"{result.check.name:<18} {verdict:<7} {result.seconds:6.1f} s", flush=True)
            if result.status:
                failed.append(result)
    for result in failed:
        print(f"\n--- {result.check.name}: {' '.join(result.check.command)}\n{result.output.rstrip()}")
    print(f"\n{len(running) - len(failed)} of {len(running)} checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
