"""Lists as CSV files: all rows that the list's filters leave, streamed, whatever their number."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from backoffice.limits import EXPORT_CHUNK, EXPORT_STALLED_SECONDS_MAX
from backoffice.services.exports import begin_export
from foundation.admin import page_of
from foundation.admin_lists import list_url
from foundation.csv_lines import csv_lines
from identity.errors import ActionNotAllowed
from identity.kinds import Right
from identity.services.actors import staff

# Of each table the columns, as lookups. Of an entry's lines the first is the wallet's.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "tokens.entry": (
        *("id", "created_at", "type", "postings__account_id", "postings__seq", "postings__amount"),
        *("postings__balance_after", "reference", "purchase_id", "package_code"),
    ),
    "payments.purchase": (
        *("id", "started_at", "status", "reversal", "buyer_id", "package_id", "tokens", "bonus_tokens"),
        *("price_cents", "paid_cents", "currency", "settled_at", "closed_at", "quarantine_reason"),
        *("stripe_session_id", "stripe_payment_intent_id", "stripe_customer_id", "entry_id"),
    ),
    "payments.refund": (
        *(
            "id",
            "created_at",
            "status",
            "purchase_id",
            "amount_cents",
            "currency",
            "reason",
            "failure_reason",
        ),
        *("stripe_refund_id", "requested_by", "note", "ended_at"),
    ),
    "security.alert": (
        *("id", "first_seen_at", "last_seen_at", "kind", "severity", "status", "count", "summary", "user_id"),
        *("assignee", "acknowledged_at", "acknowledged_by", "resolution", "resolved_at", "resolved_by"),
    ),
    "identity.auditrecord": (
        *("id", "at", "actor_kind", "actor_id", "address", "action", "subject_kind", "subject_id"),
        *("reason", "facts"),
    ),
}
_NARROWED: Final = {"tokens.entry": {"postings__line": 1}}


def export_urls(request: HttpRequest) -> dict[str, str]:
    """Where each list that this person may export is exported, by the table's label; what it shows they may see."""
    if not request.user.has_perm(Right.EXPORT.value):
        return {}
    return {label: reverse("admin:export", args=[label]) for label in COLUMNS}


@require_POST
def export(request: HttpRequest, label: str) -> HttpResponse | StreamingHttpResponse:
    """Send the list's rows, with the filters that stand in the address.

    :raises PermissionDenied: to whoever may not see the list, or not export.
    """
    if label not in COLUMNS:
        raise Http404
    page = page_of(label)
    if not page.has_view_permission(request):
        raise PermissionDenied
    now = timezone.now()
    try:
        rows = page.get_changelist_instance(request).queryset
        filters = {name: ",".join(values) for name, values in request.GET.lists() if name != SEARCH_VAR}
        is_searched = bool(request.GET.get(SEARCH_VAR, "").strip())
        begin_export(actor=staff(request), table=label, filters=filters, is_searched=is_searched, now=now)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(list_url(label, e=1))
    except ActionNotAllowed as refusal:
        raise PermissionDenied from refusal
    name = f"{label.partition('.')[2]}-{now:%Y-%m-%d-%H%M%S}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(
        csv_lines(_rows(label, rows)), content_type="text/csv; charset=utf-8", headers=headers
    )


def _rows(label: str, rows: models.QuerySet[Any]) -> Iterator[list[Any]]:
    """The file's rows, all of one moment: a cursor in the server holds the rows that were not sent yet."""
    columns = COLUMNS[label]
    yield [name.removeprefix("postings__") for name in columns]
    told = rows.filter(**_NARROWED.get(label, {})).select_related(None).values_list(*columns)
    with transaction.atomic():
        with connection.cursor() as cursor:  # whoever stops reading holds up nobody for long
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{EXPORT_STALLED_SECONDS_MAX}s'")
        for row in told.iterator(chunk_size=EXPORT_CHUNK):
            yield [_cell(value) for value in row]


def _cell(value: Any) -> Any:
    """Times and facts in the form in which other programs read them; all else as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return value
