"""`manage.py setup_stripe_webhook`: have Stripe tell us what we handle, signed with a secret that we keep."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.errors import Refusal
from payments.gateways.secret_store import SecretFile, SecretManager, SecretStore
from payments.services import webhook_endpoint

PATH = "/api/stripe/webhook"


class Command(BaseCommand):
    """Creates the endpoint or updates it; repeating it is harmless. The secret is never shown."""

    help = (
        "Create or update the webhook endpoint at Stripe, with exactly the events that we handle and our API version, "
        "and hand its signing secret to the secret store. Repeatable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where Stripe shall tell us, and who keeps the secret."""
        parser.add_argument("--url", default=f"{settings.SITE_URL}{PATH}", help="By default SITE_URL's.")
        store = parser.add_mutually_exclusive_group(required=True)
        store.add_argument("--secret", metavar="NAME", help="A secret of Google's Secret Manager.")
        store.add_argument("--secret-file", metavar="FILE", type=Path, help="A file that you alone may read.")
        step = parser.add_mutually_exclusive_group()
        step.add_argument(
            "--rotate", action="store_true", help="Make another endpoint and secret beside the old."
        )
        step.add_argument("--finish", action="store_true", help="Deployed: use the new one and drop the old.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what was done."""
        store: SecretStore = (
            SecretFile(options["secret_file"])
            if options["secret_file"]
            else SecretManager(settings.GOOGLE_CLOUD_PROJECT, options["secret"])
        )
        url = options["url"]
        try:
            if options["rotate"]:
                done = webhook_endpoint.begin_rotation(url=url, store=store)
            elif options["finish"]:
                done = webhook_endpoint.finish_rotation(url=url, store=store)
            else:
                done = webhook_endpoint.set_up_endpoint(
                    url=url, api_version=settings.STRIPE_API_VERSION, store=store
                )
        except Refusal as refusal:
            raise CommandError(f"{refusal.detail} ({refusal.code})") from refusal
        self.stdout.write(f"The endpoint {url}: {done}.")
        if options["rotate"]:
            self.stdout.write(
                "Deploy now, so that every process has both secrets; then run this with --finish."
            )
