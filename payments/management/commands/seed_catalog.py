"""`manage.py seed_catalog`: publish the four packages of the start, here and at Stripe."""

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from foundation.errors import Refusal
from identity.kinds import SYSTEM_ACTOR
from payments.services.catalogue import publish_package
from tokens.kinds import PackageTerms
from tokens.queries.packages import codes_after

PACKAGES: Final = {
    "starter": PackageTerms("Starter", "Enough to look around.", 50, 0, 499, position=1),
    "basic": PackageTerms("Basic", "For everyday use.", 200, 50, 1499, position=2),
    "pro": PackageTerms("Pro", "For regular use.", 500, 100, 2999, featured=True, position=3),
    "premium": PackageTerms("Premium", "The most tokens for the price.", 1000, 250, 4999, position=4),
}


class Command(BaseCommand):
    """Publishes the packages; repeating it changes nothing."""

    help = "Publish the four packages of the start, here and at Stripe. Repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether prices that staff have changed since may be set back."""
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing where there has ever been a package."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish each package and say so."""
        if options["if_empty"] and codes_after("", 1):
            self.stdout.write("There are packages; they stay as they are.")
            return
        for code, terms in PACKAGES.items():
            try:
                publish_package(code=code, terms=terms, actor=SYSTEM_ACTOR, now=timezone.now())
            except Refusal as refusal:
                raise CommandError(f"{code} could not be published: {refusal.detail}") from refusal
            self.stdout.write(
                f"{code}: {terms.tokens} + {terms.bonus_tokens} tokens at {terms.price_cents / 100:.2f} USD"
            )
