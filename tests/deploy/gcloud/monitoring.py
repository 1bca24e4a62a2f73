"""`gcloud logging metrics …` and `gcloud monitoring …`: what is applied must be whole, as the services demand."""

from pathlib import Path
from typing import Any

import yaml

from tests.deploy.gcloud.cloud import Cloud, Flags, Refused

METRIC, POLICY, DASHBOARD, UPTIME = "log metrics", "alert policies", "dashboards", "uptime checks"
OURS = "token-economy"


def describe_metric(cloud: Cloud, names: list[str], _: Flags) -> str:
    return f"{cloud.find(METRIC, names[0])['description']}\n"


def create_metric(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.create(METRIC, names[0], _metric(names[0], flags))
    return ""


def update_metric(cloud: Cloud, names: list[str], flags: Flags) -> str:
    cloud.find(METRIC, names[0]).update(_metric(names[0], flags))
    return ""


def _metric(name: str, flags: Flags) -> dict[str, Any]:
    metric = _read(flags["--config-from-file"], {"name", "description", "filter", "metricDescriptor"})
    is_distribution = metric["metricDescriptor"]["valueType"] == "DISTRIBUTION"
    if metric["name"] != name or is_distribution != ("valueExtractor" in metric):
        raise Refused("INVALID_ARGUMENT", f"The metric {name} contradicts itself.")
    return metric


def list_policies(cloud: Cloud, _: list[str], flags: Flags) -> str:
    _only_ours(flags, "userLabels.managed_by", "value(name,displayName,userLabels.content)")
    return _table(cloud.there(POLICY), "userLabels")


def create_policy(cloud: Cloud, _: list[str], flags: Flags) -> str:
    name = f"projects/1/alertPolicies/{cloud.writes + 1}"
    cloud.create(POLICY, name, _policy(cloud, flags, flags.get("--notification-channels", "")))
    return ""


def update_policy(cloud: Cloud, names: list[str], flags: Flags) -> str:
    changed = _policy(cloud, flags, flags.get("--set-notification-channels", ""))
    cloud.find(POLICY, names[0]).update(changed)
    return ""


def delete_policy(cloud: Cloud, names: list[str], _: Flags) -> str:
    cloud.find(POLICY, names[0])
    del cloud.there(POLICY)[names[0]]
    return ""


def _policy(cloud: Cloud, flags: Flags, channels: str) -> dict[str, Any]:
    policy = _read(flags["--policy-from-file"], {"displayName", "conditions", "combiner"})
    for condition in policy["conditions"]:
        _check_condition(cloud, policy, condition)
    return {**policy, "notificationChannels": [channel for channel in channels.split(",") if channel]}


def _check_condition(cloud: Cloud, policy: dict[str, Any], condition: dict[str, Any]) -> None:
    if "conditionMatchedLog" in condition:
        if "notificationRateLimit" not in policy.get("alertStrategy", {}):
            raise Refused("INVALID_ARGUMENT", "Log match conditions need a notification rate limit.")
        return
    (body,) = (body for kind, body in condition.items() if kind.startswith("condition"))
    for text in filter(None, (body["filter"], body.get("denominatorFilter"))):
        if 'resource.type="' not in text:
            raise Refused("INVALID_ARGUMENT", 'must specify a restriction on "resource.type" in the filter.')
        metric = text.partition('metric.type="')[2].partition('"')[0]
        prefix, _, name = metric.rpartition("/")
        if prefix == "logging.googleapis.com/user" and name not in cloud.there(METRIC):
            raise Refused("NOT_FOUND", f"Cannot find metric that matches type = {metric}.")


def list_dashboards(cloud: Cloud, _: list[str], flags: Flags) -> str:
    _only_ours(flags, "labels.managed_by", "value(name,displayName,labels.content)")
    return _table(cloud.there(DASHBOARD), "labels")


def create_dashboard(cloud: Cloud, _: list[str], flags: Flags) -> str:
    name = f"projects/1/dashboards/{cloud.writes + 1}"
    cloud.create(DASHBOARD, name, _read(flags["--config-from-file"], {"displayName", "gridLayout"}))
    return ""


def update_dashboard(cloud: Cloud, names: list[str], flags: Flags) -> str:
    changed = _read(flags["--config-from-file"], {"displayName", "gridLayout"})
    cloud.find(DASHBOARD, names[0]).update(changed)
    return ""


def list_uptime(cloud: Cloud, _: list[str], flags: Flags) -> str:
    _only_ours(flags, "userLabels.managed_by", "value(monitoredResource.labels.host)")
    return "".join(f"{check['host']}\n" for check in cloud.there(UPTIME).values())


def create_uptime(cloud: Cloud, names: list[str], flags: Flags) -> str:
    labels = dict(pair.split("=") for pair in flags["--resource-labels"].split(","))
    if flags["--resource-type"] != "uptime-url" or labels.keys() != {"host", "project_id"}:
        raise Refused("INVALID_ARGUMENT", "An uptime-url has a host and a project_id.")
    cloud.create(UPTIME, names[0], {"host": labels["host"], **flags})
    return ""


def _read(file: str, wanted: set[str]) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(Path(file).read_text())
    if missing := wanted - read.keys():
        raise Refused("INVALID_ARGUMENT", f"{sorted(missing)} must be there.")
    return read


def _only_ours(flags: Flags, label: str, shown: str) -> None:
    if (flags["--filter"], flags["--format"]) != (f"{label}={OURS}", shown):
        raise Refused("", f"the stand-in shows {shown} of what has {label}={OURS}.")


def _table(things: dict[str, Any], labels: str) -> str:
    rows = [
        (name, thing["displayName"], thing[labels]["content"])
        for name, thing in things.items()
        if thing[labels]["managed_by"] == OURS
    ]
    return "".join("\t".join(row) + "\n" for row in rows)
