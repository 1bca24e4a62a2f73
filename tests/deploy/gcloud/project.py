"""What a project is made ready with: services, accounts, rights, network, registry, databases, Redis, triggers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.gcloud.cloud import Cloud, Flags, Refused

ACCOUNT, BINDING, API, PEERING, TRIGGER = (
    "service-accounts",
    "bindings",
    "apis",
    "peerings",
    "triggers",
)
SQL, SQL_DATABASE, SQL_USER, REDIS = "sql instances", "sql databases", "sql users", "redis instances"
AUTH_STRING = "redis-auth-string-that-nobody-may-see"
BINDINGS = "value(bindings.role,bindings.members)"


def list_apis(cloud: Cloud, _names: list[str], _flags: Flags) -> str:
    return "".join(f"{name}\n" for name in cloud.there(API))


def enable_apis(cloud: Cloud, names: list[str], _flags: Flags) -> str:
    cloud.there(API).update({name: {} for name in names})
    return ""


def create_account(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.create(ACCOUNT, f"{names[0]}@{flags['--project']}.iam.gserviceaccount.com", {})
    return ""


def describe(kind: str) -> Callable[[Cloud, list[str], Flags], str]:
    return lambda cloud, names, flags: (
        f"name: {_name(names, flags)}\n" if cloud.find(kind, _name(names, flags)) else ""
    )


def create(kind: str) -> Callable[[Cloud, list[str], Flags], str]:
    def made(cloud: Cloud, names: list[str], flags: Flags) -> str:
        cloud.create(kind, _name(names, flags), {"flags": sorted(flag for flag in flags if flag != "stdin")})
        return ""

    return made


def _name(names: list[str], flags: Flags) -> str:
    return names[0] if names else flags["--database"]


def get_policy(cloud: Cloud, names: list[str], flags: Flags) -> str:
    if flags["--format"] != BINDINGS:
        raise Refused("", f"the stand-in shows {BINDINGS} only.")
    return "".join(f"{role}\t{member}\n" for role, member in cloud.there(BINDING).get(names[0], {}))


def add_binding(cloud: Cloud, names: list[str], flags: Flags) -> str:
    account = flags["--member"].partition(":")[2]
    if account not in cloud.there(ACCOUNT):
        raise Refused("INVALID_ARGUMENT", f"Service account {account} does not exist.")
    bound = cloud.there(BINDING).setdefault(names[0], {})
    bound[flags["--role"], flags["--member"]] = {}
    return ""


def list_peerings(cloud: Cloud, _names: list[str], flags: Flags) -> str:
    return "".join(f"{ranges}\n" for ranges in cloud.there(PEERING))


def connect(cloud: Cloud, _names: list[str], flags: Flags) -> str:
    cloud.find("compute addresses", flags["--ranges"])
    cloud.there(PEERING)[flags["--ranges"]] = {}
    return ""


def create_sql(cloud: Cloud, names: list[str], flags: Flags) -> str:
    if not cloud.there(PEERING):
        raise Refused("", "The network doesn't have at least 1 private services connection.")
    return create(SQL)(cloud, names, flags)


def describe_sql(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.find(SQL, names[0])
    return "10.1.0.3\n" if "--format" in flags else f"name: {names[0]}\n"


def list_users(cloud: Cloud, _names: list[str], flags: Flags) -> str:
    cloud.find(SQL, flags["--instance"])
    return "".join(f"{name}\n" for name in ("postgres", *cloud.there(SQL_USER)))


def create_user(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.find(SQL, flags["--instance"])
    given: dict[str, Any] = yaml.safe_load(flags["stdin"])
    if given.keys() != {"--password"}:
        raise Refused("", "A flags file holds flags.")
    cloud.create(SQL_USER, names[0], {"password": given["--password"]})
    return ""


def describe_redis(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.find(REDIS, names[0])
    return "10.2.0.3\t6379\n" if "--format" in flags else f"name: {names[0]}\n"


def auth_string(cloud: Cloud, names: list[str], _flags: Flags) -> str:
    cloud.find(REDIS, names[0])
    return f"{AUTH_STRING}\n"


def describe_trigger(cloud: Cloud, names: list[str], flags: Flags) -> str:
    return f"{cloud.find(TRIGGER, names[0])['description']}\n"


def import_trigger(cloud: Cloud, _names: list[str], flags: Flags) -> str:
    trigger = yaml.safe_load(Path(flags["--source"]).read_text())
    account = trigger["serviceAccount"].rpartition("/")[2]
    if account not in cloud.there(ACCOUNT):
        raise Refused("INVALID_ARGUMENT", f"Service account {account} does not exist.")
    cloud.there(TRIGGER)[trigger["name"]] = trigger
    return ""
