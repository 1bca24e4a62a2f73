"""Which commands and flags the stand-in knows. A test holds them against the real gcloud, where it is installed."""

from collections.abc import Callable
from typing import NamedTuple

from tests.deploy.gcloud import monitoring, project, run, secrets
from tests.deploy.gcloud.cloud import Cloud, Flags

Handler = Callable[[Cloud, list[str], Flags], str]
EVERYWHERE = frozenset({"--project", "--quiet", "--format", "--flatten"})
WITHOUT_VALUE = frozenset(
    {
        "--quiet",
        "--no-traffic",
        "--wait",
        "--allow-unauthenticated",
        "--cpu-boost",
        "--no-cpu-throttling",
        "--enabled",
        "--global",
        "--enable-pitr",
        "--no-assign-ip",
        "--storage-auto-increase",
        "--enable-point-in-time-recovery",
        "--deletion-protection",
        "--enable-auth",
    }
)
CONTAINER = (
    "--region! --image! --service-account! --env-vars-file! --set-secrets! --network --subnet --vpc-egress"
)


class Command(NamedTuple):
    """What a command does, the right it takes, how many names it wants, and its flags; `!` marks required ones."""

    run: Handler
    right: str
    names: int  # below 0: any number
    flags: str = ""

    @property
    def known(self) -> frozenset[str]:
        """Every flag that may be given."""
        return frozenset(self.flags.replace("!", "").split()) | EVERYWHERE

    @property
    def required(self) -> frozenset[str]:
        """Every flag that must be given."""
        return frozenset(flag.rstrip("!") for flag in self.flags.split() if flag.endswith("!"))


def _get_config(cloud: Cloud, names: list[str], _: Flags) -> str:
    return f"{cloud.default_project or '(unset)'}\n" if names == ["project"] else ""


def _there_or_made(path: str, *, describe: str, create: str, names: int = 1) -> dict[str, Command]:
    """The two commands of things of which the scripts ask no more than whether they are there."""
    return {
        f"{path} describe": Command(project.describe(path), f"{path}.get", names, describe),
        f"{path} create": Command(project.create(path), f"{path}.create", names, create),
    }


COMMANDS = {
    "config get": Command(_get_config, "", 1),
    "secrets create": Command(
        secrets.create, "secretmanager.secrets.create", 1, "--replication-policy --labels"
    ),
    "secrets describe": Command(secrets.describe, "secretmanager.secrets.get", 1),
    "secrets versions add": Command(secrets.add_version, "secretmanager.versions.add", 1, "--data-file!"),
    "secrets versions list": Command(
        secrets.list_versions, "secretmanager.versions.list", 1, "--filter --sort-by --limit"
    ),
    "secrets versions access": Command(
        secrets.access_version, "secretmanager.versions.access", 1, "--secret!"
    ),
    "secrets versions disable": Command(
        secrets.disable_version, "secretmanager.versions.disable", 1, "--secret!"
    ),
    "secrets get-iam-policy": Command(
        secrets.get_policy, "secretmanager.secrets.getIamPolicy", 1, "--filter"
    ),
    "secrets add-iam-policy-binding": Command(
        secrets.add_binding, "secretmanager.secrets.setIamPolicy", 1, "--member! --role!"
    ),
    "logging metrics describe": Command(monitoring.describe_metric, "logging.logMetrics.get", 1),
    "logging metrics create": Command(
        monitoring.create_metric, "logging.logMetrics.create", 1, "--config-from-file!"
    ),
    "logging metrics update": Command(
        monitoring.update_metric, "logging.logMetrics.update", 1, "--config-from-file!"
    ),
    "alpha monitoring policies list": Command(
        monitoring.list_policies, "monitoring.alertPolicies.list", 0, "--filter"
    ),
    "alpha monitoring policies create": Command(
        monitoring.create_policy,
        "monitoring.alertPolicies.create",
        0,
        "--policy-from-file! --notification-channels",
    ),
    "alpha monitoring policies update": Command(
        monitoring.update_policy,
        "monitoring.alertPolicies.update",
        1,
        "--policy-from-file! --set-notification-channels",
    ),
    "alpha monitoring policies delete": Command(
        monitoring.delete_policy, "monitoring.alertPolicies.delete", 1
    ),
    "monitoring dashboards list": Command(
        monitoring.list_dashboards, "monitoring.dashboards.list", 0, "--filter"
    ),
    "monitoring dashboards create": Command(
        monitoring.create_dashboard, "monitoring.dashboards.create", 0, "--config-from-file!"
    ),
    "monitoring dashboards update": Command(
        monitoring.update_dashboard, "monitoring.dashboards.update", 1, "--config-from-file!"
    ),
    "monitoring uptime list-configs": Command(
        monitoring.list_uptime, "monitoring.uptimeCheckConfigs.list", 0, "--filter"
    ),
    "monitoring uptime create": Command(
        monitoring.create_uptime,
        "monitoring.uptimeCheckConfigs.create",
        1,
        "--resource-type! --resource-labels! --protocol --path --validate-ssl --user-labels",
    ),
    "projects describe": Command(run.describe_project, "resourcemanager.projects.get", 1),
    "run deploy": Command(
        run.deploy,
        "run.services.create",
        1,
        f"{CONTAINER} --tag --revision-suffix --port --cpu-boost --no-cpu-throttling --allow-unauthenticated"
        " --min-instances --concurrency --startup-probe --no-traffic",
    ),
    "run services describe": Command(run.describe_service, "run.services.get", 1, "--region!"),
    "run services update-traffic": Command(
        run.update_traffic, "run.services.update", 1, "--region! --to-revisions --update-tags"
    ),
    "run revisions describe": Command(run.describe_revision, "run.revisions.get", 1, "--region!"),
    "run jobs deploy": Command(
        run.deploy_job, "run.jobs.create", 1, f"{CONTAINER} --command --max-retries --task-timeout"
    ),
    "run jobs describe": Command(run.describe_job, "run.jobs.get", 1, "--region!"),
    "run jobs execute": Command(run.execute_job, "run.jobs.run", 1, "--region! --args --wait"),
    "beta run worker-pools deploy": Command(
        run.deploy_pool, "run.workerpools.create", 1, f"{CONTAINER} --command --args --scaling --cpu --memory"
    ),
    "beta run worker-pools update": Command(
        run.update_pool, "run.workerpools.update", 1, "--region! --image!"
    ),
    "beta run worker-pools describe": Command(run.describe_pool, "run.workerpools.get", 1, "--region!"),
    "logging read": Command(run.read_log, "logging.logEntries.list", 1, "--freshness --limit"),
    "services list": Command(project.list_apis, "serviceusage.services.list", 0, "--enabled"),
    "services enable": Command(project.enable_apis, "serviceusage.services.enable", -1),
    "iam service-accounts describe": Command(project.describe(project.ACCOUNT), "iam.serviceAccounts.get", 1),
    "iam service-accounts create": Command(
        project.create_account, "iam.serviceAccounts.create", 1, "--display-name"
    ),
    "iam service-accounts get-iam-policy": Command(project.get_policy, "iam.serviceAccounts.getIamPolicy", 1),
    "iam service-accounts add-iam-policy-binding": Command(
        project.add_binding, "iam.serviceAccounts.setIamPolicy", 1, "--member! --role!"
    ),
    "projects get-iam-policy": Command(project.get_policy, "resourcemanager.projects.getIamPolicy", 1),
    "projects add-iam-policy-binding": Command(
        project.add_binding, "resourcemanager.projects.setIamPolicy", 1, "--member! --role! --condition"
    ),
    "services vpc-peerings list": Command(
        project.list_peerings, "servicenetworking.services.get", 0, "--network!"
    ),
    "services vpc-peerings connect": Command(
        project.connect, "servicenetworking.services.addPeering", 0, "--service --ranges! --network!"
    ),
    **_there_or_made(
        "compute addresses",
        describe="--global",
        create="--global --purpose --prefix-length --network",
    ),
    **_there_or_made(
        "artifacts repositories", describe="--location!", create="--location! --repository-format!"
    ),
    **_there_or_made(
        "firestore databases",
        names=0,
        describe="--database!",
        create="--database --location! --type --enable-pitr",
    ),
    **_there_or_made(project.SQL_DATABASE, describe="--instance!", create="--instance!"),
    "sql instances describe": Command(project.describe_sql, "cloudsql.instances.get", 1),
    "sql instances create": Command(
        project.create_sql,
        "cloudsql.instances.create",
        1,
        "--region --database-version --edition --tier --network --no-assign-ip --availability-type --ssl-mode"
        " --storage-auto-increase --backup-start-time --enable-point-in-time-recovery --deletion-protection",
    ),
    "sql users list": Command(project.list_users, "cloudsql.users.list", 0, "--instance!"),
    "sql users create": Command(project.create_user, "cloudsql.users.create", 1, "--instance! --flags-file!"),
    "redis instances describe": Command(project.describe_redis, "redis.instances.get", 1, "--region!"),
    "redis instances create": Command(
        project.create(project.REDIS),
        "redis.instances.create",
        1,
        "--region! --size --tier --network --connect-mode --enable-auth --redis-version --redis-config",
    ),
    "redis instances get-auth-string": Command(
        project.auth_string, "redis.instances.getAuthString", 1, "--region!"
    ),
    "builds triggers describe": Command(project.describe_trigger, "cloudbuild.builds.get", 1, "--region!"),
    "builds triggers import": Command(
        project.import_trigger, "cloudbuild.builds.create", 0, "--region! --source!"
    ),
}
READING = (
    " describe",
    " list",
    " list-configs",
    " access",
    " get-iam-policy",
    " get",
    " read",
    " get-auth-string",
)
