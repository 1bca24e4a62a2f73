"""`gcloud run …`: services with revisions and traffic, worker pools, jobs."""

from pathlib import Path
from typing import Any

import yaml

from tests.deploy.gcloud import secrets
from tests.deploy.gcloud.cloud import Cloud, Flags, Refused

SERVICE, REVISION, POOL, JOB, EXECUTION = (
    "services",
    "revisions",
    "worker pools",
    "jobs",
    "executions",
)
IMAGE_OF_REVISION = "value(spec.containers[0].image)"
IMAGE_OF_POOL = "value(template.containers[0].image)"
IMAGE_OF_JOB = "value(spec.template.spec.template.spec.containers[0].image)"
TRAFFIC = "value(status.traffic.revisionName,status.traffic.percent,status.traffic.tag)"
PROJECT_NUMBER = "123456789"


def describe_project(cloud: Cloud, names: list[str], flags: Flags) -> str:
    return f"{PROJECT_NUMBER}\n"


def deploy(cloud: Cloud, names: list[str], flags: Flags) -> str:
    service = cloud.there(SERVICE).get(names[0])
    revision = f"{names[0]}-{flags['--revision-suffix']}"
    if service is None and "--no-traffic" in flags:
        raise Refused("", "--no-traffic not supported when creating a new service.")
    container = _container(cloud, flags)
    cloud.create(REVISION, revision, container)
    if service is None:
        service = {"traffic": {revision: 100}, "tags": {}}
        cloud.create(SERVICE, names[0], service)
    elif "--no-traffic" not in flags:
        service["traffic"] = {revision: 100}
    service["tags"][flags["--tag"]] = revision
    return ""


def describe_service(cloud: Cloud, names: list[str], flags: Flags) -> str:
    service = cloud.find(SERVICE, names[0])
    if "--format" not in flags:
        return f"name: {names[0]}\n"
    _expect(flags, "--flatten", "status.traffic[]", "--format", TRAFFIC)
    shares = [f"{revision}\t{percent}\t" for revision, percent in service["traffic"].items()]
    tags = [f"{revision}\t\t{tag}" for tag, revision in service["tags"].items()]
    return "".join(f"{line}\n" for line in shares + tags)


def update_traffic(cloud: Cloud, names: list[str], flags: Flags) -> str:
    service = cloud.find(SERVICE, names[0])
    for tag, revision in _pairs(flags.get("--update-tags", "")):
        cloud.find(REVISION, revision)
        service["tags"][tag] = revision
    for revision, percent in _pairs(flags.get("--to-revisions", "")):
        cloud.find(REVISION, revision)
        others = {name: share for name, share in service["traffic"].items() if name != revision}
        rest, total = 100 - int(percent), sum(others.values())
        shares = {name: share * rest // total for name, share in others.items()} if rest else {}
        service["traffic"] = {**shares, revision: 100 - sum(shares.values())}
    return ""


def describe_revision(cloud: Cloud, names: list[str], flags: Flags) -> str:
    return _image(cloud, REVISION, names[0], flags, IMAGE_OF_REVISION)


def deploy_pool(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.there(POOL)[names[0]] = {**_container(cloud, flags), "scaling": flags["--scaling"]}
    return ""


def update_pool(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.find(POOL, names[0])["image"] = flags["--image"]
    return ""


def describe_pool(cloud: Cloud, names: list[str], flags: Flags) -> str:
    return _image(cloud, POOL, names[0], flags, IMAGE_OF_POOL)


def deploy_job(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.there(JOB)[names[0]] = _container(cloud, flags)
    return ""


def describe_job(cloud: Cloud, names: list[str], flags: Flags) -> str:
    return _image(cloud, JOB, names[0], flags, IMAGE_OF_JOB)


def execute_job(cloud: Cloud, names: list[str], flags: Flags) -> str:
    job = cloud.find(JOB, names[0])
    text, separator = flags["--args"], ","
    if text.startswith("^"):
        _, separator, text = text.split("^", 2)
    arguments = text.split(separator)
    run = " ".join([*job["command"].split(","), *arguments])
    cloud.there(EXECUTION)[f"{cloud.writes + 1:03}"] = run
    _meanwhile(cloud, run)
    if any(words in run for words in cloud.failing):
        cloud.writes += 1
        raise Refused("", "The execution failed.\nView details about this execution by running: …")
    return ""


def read_log(cloud: Cloud, names: list[str], flags: Flags) -> str:
    _expect(flags, "--format", "value(httpRequest.status)")
    _meanwhile(cloud, "logging read")
    return "".join(f"{status}\n" for status in cloud.answers)


def _meanwhile(cloud: Cloud, done: str) -> None:
    for happens in [each for words, each in cloud.meanwhile.items() if words in done]:
        happens()


def _container(cloud: Cloud, flags: Flags) -> dict[str, Any]:
    account = flags["--service-account"]
    if account not in cloud.there("service-accounts"):
        raise Refused("INVALID_ARGUMENT", f"Service account {account} does not exist.")
    environment = yaml.safe_load(Path(flags["--env-vars-file"]).read_text())
    if not all(isinstance(value, str) for value in environment.values()):
        raise Refused("", "Environment variable values must be strings.")
    mounted = dict(_pairs(flags["--set-secrets"]))
    if both := environment.keys() & mounted.keys():
        raise Refused("INVALID_ARGUMENT", f"{sorted(both)} are set twice.")
    for secret in mounted.values():
        name, _, version = secret.partition(":")
        kept = cloud.find(secrets.KIND, name)
        if version != "latest" or not any(each["state"] == "ENABLED" for each in kept["versions"]):
            raise Refused("INVALID_ARGUMENT", f"Secret {name} has no version {version}.")
        if f"serviceAccount:{account}" not in kept["readers"]:
            raise Refused("INVALID_ARGUMENT", f"Permission denied on secret: {name} for {account}.")
    return {
        "image": flags["--image"],
        "command": flags.get("--command", ""),
        "arguments": flags.get("--args", ""),
        "account": account,
        "environment": environment,
        "secrets": sorted(mounted),
    }


def _image(cloud: Cloud, kind: str, name: str, flags: Flags, shown: str) -> str:
    found = cloud.find(kind, name)
    if "--format" not in flags:
        return f"name: {name}\n"
    _expect(flags, "--format", shown)
    return f"{found['image']}\n"


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (pair.partition("=") for pair in text.split(",") if pair)]


def _expect(flags: Flags, *pairs: str) -> None:
    for flag, value in zip(pairs[::2], pairs[1::2], strict=True):
        if flags.get(flag) != value:
            raise Refused("", f"the stand-in understands {flag}={value} only, not {flags.get(flag)}.")
