"""`gcloud secrets …`."""

from tests.deploy.gcloud.cloud import Cloud, Flags, Refused

KIND = "secrets"
VERSION_BYTES_MAX = 65536


def create(cloud: Cloud, names: list[str], flags: Flags) -> str:
    if flags.get("--replication-policy") not in {"automatic", "user-managed"}:
        raise Refused("", "--replication-policy must be one of automatic, user-managed.")
    cloud.create(KIND, names[0], {"labels": flags.get("--labels", ""), "versions": [], "readers": []})
    return ""


def describe(cloud: Cloud, names: list[str], _: Flags) -> str:
    cloud.find(KIND, names[0])
    return f"name: projects/1/secrets/{names[0]}\n"


def add_version(cloud: Cloud, names: list[str], flags: Flags) -> str:
    secret = cloud.find(KIND, names[0])
    _expect(flags, "--data-file", "-")
    if not 0 < len(flags["stdin"]) <= VERSION_BYTES_MAX:
        raise Refused("INVALID_ARGUMENT", "Secret Payload cannot be empty, nor larger than 64 KiB.")
    secret["versions"].append({"state": "ENABLED", "data": flags["stdin"]})
    return ""


def list_versions(cloud: Cloud, names: list[str], flags: Flags) -> str:
    _expect(
        flags, "--filter", "state:ENABLED", "--sort-by", "~createTime", "--format", "value(name.basename())"
    )
    versions = cloud.find(KIND, names[0])["versions"]
    enabled = [number for number, version in enumerate(versions, 1) if version["state"] == "ENABLED"]
    newest_first = enabled[::-1][: int(flags.get("--limit", len(enabled) or 1))]
    return "".join(f"{number}\n" for number in newest_first)


def access_version(cloud: Cloud, names: list[str], flags: Flags) -> str:
    version = _version(cloud, names[0], flags)
    if version["state"] != "ENABLED":
        raise Refused("FAILED_PRECONDITION", f"Secret Version [{names[0]}] is in DISABLED state.")
    return str(version["data"])


def disable_version(cloud: Cloud, names: list[str], flags: Flags) -> str:
    _version(cloud, names[0], flags)["state"] = "DISABLED"
    return ""


def get_policy(cloud: Cloud, names: list[str], flags: Flags) -> str:
    _expect(
        *(flags, "--flatten", "bindings[].members", "--format", "value(bindings.members)"),
        *("--filter", "bindings.role:roles/secretmanager.secretAccessor"),
    )
    return "".join(f"{member}\n" for member in cloud.find(KIND, names[0])["readers"])


def add_binding(cloud: Cloud, names: list[str], flags: Flags) -> str:
    secret = cloud.find(KIND, names[0])
    kind, _, account = flags["--member"].partition(":")
    if flags["--role"] != "roles/secretmanager.secretAccessor" or kind != "serviceAccount":
        raise Refused("INVALID_ARGUMENT", f"Role {flags['--role']} is not supported for this resource.")
    if account not in cloud.there("service-accounts"):
        raise Refused("INVALID_ARGUMENT", f"Service account {account} does not exist.")
    secret["readers"] = sorted({*secret["readers"], flags["--member"]})
    return ""


def _version(cloud: Cloud, number: str, flags: Flags) -> dict[str, str]:
    versions: list[dict[str, str]] = cloud.find(KIND, flags["--secret"])["versions"]
    if not number.isdigit() or not 0 < int(number) <= len(versions):
        raise Refused("NOT_FOUND", f"Secret Version [{number}] not found.")
    return versions[int(number) - 1]


def _expect(flags: Flags, *pairs: str) -> None:
    """What this stand-in understands of gcloud's own little languages: exactly what the scripts say."""
    for flag, value in zip(pairs[::2], pairs[1::2], strict=True):
        if flags.get(flag) != value:
            raise Refused("", f"the stand-in understands {flag}={value} only, not {flags.get(flag)}.")
