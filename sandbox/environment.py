"""The product's environment in the sandbox: made-up secrets of the right shape, and addresses."""

from dataclasses import dataclass

STRIPE_SECRET_KEY = "sk_test_SandboxSandboxSandbox123"
STRIPE_PUBLISHABLE_KEY = "pk_test_SandboxSandboxSandbox123"
STRIPE_WEBHOOK_SECRET = "whsec_SandboxSandboxSandboxSandbox12"
SECRET_KEY = "sandbox-only-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2
METRICS_TOKEN = "sandbox-metrics-token"
APPLICATION_ROLE = "tokens_app"  # may read the ledger's tables, not write them
DJSTRIPE_MIGRATIONS = "sandbox.djstripe_migrations"


@dataclass(frozen=True)
class Addresses:
    """Where the systems of one sandbox answer."""

    database_url: str
    redis_url: str
    firestore_host: str
    stripe_api_base: str


def product_environment(addresses: Addresses, *, site_url: str, project: str) -> dict[str, str]:
    """Give the environment variables that the product needs beside these systems.

    :param project: the Firestore project, `demo-…`, so that nothing ever looks for real credentials
    """
    return {
        "SANDBOX": "1",
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DJSTRIPE_MIGRATIONS": DJSTRIPE_MIGRATIONS,
        "SECRET_KEY": SECRET_KEY,
        "SITE_URL": site_url,
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": addresses.database_url,
        "MIGRATION_DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
        "STRIPE_SECRET_KEY": STRIPE_SECRET_KEY,
        "STRIPE_PUBLISHABLE_KEY": STRIPE_PUBLISHABLE_KEY,
        "STRIPE_WEBHOOK_SECRET": STRIPE_WEBHOOK_SECRET,
        "STRIPE_API_BASE": addresses.stripe_api_base,
        "GOOGLE_CLOUD_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": addresses.firestore_host,
        "METRICS_TOKEN": METRICS_TOKEN,
        "EMAIL_URL": "consolemail://",
        "STAFF_SECOND_FACTOR": "off",  # nobody has an authenticator app for people who are made up
    }
