"""`manage.py sync_roles`: give the roles of the back office their rights, after every migrate."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from foundation.errors import Refusal
from identity.services.roles import RoleChange, sync_roles


class Command(BaseCommand):
    """Makes the groups that are not there, and sets their rights; repeating it changes nothing."""

    help = (
        "Have the groups support, finance, security, catalogue and administrator hold just the rights that "
        "docs/backoffice.md lists. Other groups are left alone. Run it after every migrate."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sync, and say what changed."""
        try:
            changes = sync_roles(now=timezone.now())
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        for change in changes:
            self._tell(change)
        if not changes:
            self.stdout.write("The roles have the rights that they should.")

    def _tell(self, change: RoleChange) -> None:
        self.stdout.write(f"{change.role}: {'made' if change.is_new else 'changed'}")
        for sign, names in (("+", change.given), ("-", change.taken)):
            for name in names:
                self.stdout.write(f"  {sign} {name}")
