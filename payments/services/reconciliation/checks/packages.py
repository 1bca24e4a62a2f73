"""Every package on sale costs at Stripe what it costs here."""

from datetime import datetime

from payments.models import PackagePublication
from payments.services.catalogue_checks import check_catalogue
from payments.services.reconciliation.check import Check, Discrepancy, Findings


def _run(_since: datetime, now: datetime) -> Findings:
    """Ask about each price in force; what differs is an alert as well, since publishing repairs it, not we."""
    edits = check_catalogue(now=now)
    found = [
        Discrepancy("package_edited", code, edit.label.lower(), is_repaired=False)
        for code, edit in edits.items()
    ]
    return Findings(PackagePublication.objects.filter(withdrawn_at=None).count(), tuple(found))


CHECK = Check("packages", "every package on sale is at Stripe what it is here", _run)
