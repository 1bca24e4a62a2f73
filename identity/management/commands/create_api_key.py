"""`manage.py create_api_key NAME --scopes …`: make a service's key, and print it once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from foundation.errors import Refusal
from identity.kinds import SYSTEM_ACTOR, Scope
from identity.services.api_keys import create_api_key


class Command(BaseCommand):
    """Makes a key. Run it again with the same name to roll a key, then revoke the old one in the admin."""

    help = "Make an API key for a service and print it, this once. The old keys of the service stay."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the service's name and the scopes."""
        parser.add_argument("name", help="The service's name; what it holds and did belongs to it.")
        parser.add_argument("--scopes", required=True, help=f"With commas: {','.join(Scope.values)}.")

    def handle(self, *args: Any, name: str, scopes: str, **options: Any) -> None:
        """Make the key and print it."""
        wanted = {scope.strip() for scope in scopes.split(",") if scope.strip()}
        if not wanted or (unknown := wanted - set(Scope.values)):
            found = ", ".join(sorted(unknown)) if wanted else "none"
            raise CommandError(f"The scopes are {', '.join(Scope.values)}; given: {found}.")
        try:
            key = create_api_key(
                service=name,
                scopes=[Scope(each) for each in wanted],
                actor=SYSTEM_ACTOR,
                now=timezone.now(),
            )
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(key)
        self.stderr.write(f"The key of {name} for {', '.join(sorted(wanted))}. It is shown this once.")
