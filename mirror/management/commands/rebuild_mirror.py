"""`manage.py rebuild_mirror`: bring Firestore up to the ledger, whatever it shows."""

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mirror.errors import DeliveryFailure
from mirror.kinds import Batch, Ending, SubjectState
from mirror.management.lost import write_losses
from mirror.services import orphans, projections, scan
from mirror.services.losses import find_losses

LEFT_NAMED_MAX = 20


class Command(BaseCommand):
    """Compares every subject with Firestore and repairs what differs; workers and customers may go on meanwhile."""

    help = (
        "Compare every wallet and package with Firestore and repair what is missing, differs or is too much there."
        " Repeatable; exit 1 and say what is not done, if anything is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer to do a part of it."""
        parser.add_argument("--kind", help="only subjects of this kind (needed with --subject and --after)")
        parser.add_argument("--subject", help="only this one: a wallet's account id, a package's code")
        parser.add_argument(
            "--after", help="only those that follow this one: where an earlier run was stopped"
        )
        parser.add_argument(
            "--after-restore",
            action="store_true",
            help="first tell what the database has lost, as far as Firestore still shows it; at the end remove what"
            " belongs to no subject: what was made since the moment that was restored",
        )
        parser.add_argument(
            "--only-report",
            action="store_true",
            help="with --after-restore: tell what is lost, change nothing",
        )
        parser.add_argument(
            "--lost",
            metavar="FILE",
            help="with --after-restore: write what is lost there too, as lines of JSON",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work off batch after batch; say how far it got after each."""
        kind, subject, after = options["kind"], options["subject"], options["after"]
        known = projections.kinds()
        if kind not in (None, *known):
            raise CommandError(f"There is no kind {kind!r}; there are: {', '.join(known)}.")
        if kind is None and (subject or after):
            raise CommandError("--subject and --after need --kind.")
        if subject and options["after_restore"]:
            raise CommandError("--after-restore is about all subjects.")
        if (options["only_report"] or options["lost"] is not None) and not options["after_restore"]:
            raise CommandError("--only-report and --lost need --after-restore.")
        kinds = [kind] if kind else known
        if options["after_restore"]:
            self._report(kinds, options["lost"])
        if not options["only_report"]:
            self._bring(kinds, subject, after or "", is_after_restore=options["after_restore"])

    def _report(self, kinds: Sequence[str], file: str | None) -> None:
        """Tell what is lost before anything is changed: afterwards nothing shows it any more."""
        losses = chain.from_iterable(find_losses(kind=kind) for kind in kinds)
        try:
            with Path(file).open("x", encoding="utf-8") if file is not None else nullcontext() as programs:
                write_losses(losses, people=self.stdout, programs=programs)
        except OSError as error:
            raise CommandError(f"Nothing is changed: {error}") from error
        except DeliveryFailure as failure:
            raise CommandError(
                f"Nothing is changed: {failure.code}. Repeat this with another file."
            ) from failure

    def _bring(
        self, kinds: Sequence[str], subject: str | None, after: str, *, is_after_restore: bool
    ) -> None:
        left: list[SubjectState] = []
        for each in kinds:
            left += self._rebuild(each, subject, after)
        if left:
            named = "; ".join(_words(state) for state in left[:LEFT_NAMED_MAX])
            raise CommandError(f"Not done: {len(left)}: {named}. Workers go on with what is not parked.")
        if is_after_restore:
            for each in kinds:
                self._remove_orphans(each)

    def _remove_orphans(self, kind: str) -> None:
        try:
            removed = orphans.remove_orphans(kind=kind)
        except DeliveryFailure as failure:
            raise CommandError(
                f"{kind}: not all orphans are removed: {failure.code}. Repeat this."
            ) from failure
        self.stdout.write(f"{kind}: {removed} removed that belonged to nobody.")

    def _rebuild(self, kind: str, subject: str | None, after: str) -> list[SubjectState]:
        compared = drifted = 0
        left: list[SubjectState] = []
        for batch in self._batches(kind, subject, after):
            compared, drifted = compared + batch.compared, drifted + batch.drifted
            left += batch.left
            if batch.ending is Ending.FIRESTORE_UNAVAILABLE:
                again = f"--subject {subject}" if subject else f"--after {after}" if after else ""
                raise CommandError(
                    f"Firestore does not answer. {kind}: {compared} compared, {drifted} of them repaired."
                    f" Go on with: rebuild_mirror --kind {kind} {again}".rstrip()
                )
            after = batch.last
            self.stdout.write(f"{kind}: {compared} compared, {drifted} of them repaired, up to {after}")
        self.stdout.write(f"{kind}: {compared} compared, {drifted} of them repaired, {len(left)} not done.")
        return left

    def _batches(self, kind: str, subject: str | None, after: str) -> Iterable[Batch]:
        if subject is None:
            return scan.rebuild(kind=kind, after=after, clock=timezone.now)
        if projections.projection_of(kind)(subject, 0, 1) is None:
            raise CommandError(f"There is no {kind} {subject!r}.")
        return [scan.rebuild_subjects(kind=kind, subject_ids=[subject], clock=timezone.now)]


def _words(state: SubjectState) -> str:
    return f"{state.kind} {state.subject_id} ({state.last_error or 'in work'}{', parked' if state.parked_at else ''})"
