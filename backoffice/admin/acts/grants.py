"""Granting tokens to many by a file: a dry run shows each row's outcome and the totals first."""

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from backoffice.admin.acts.act import Foreseen, OrderAct
from backoffice.admin.acts.forms import GrantsForm
from backoffice.kinds import Effect, GrantRow
from backoffice.queries.grants import plan
from backoffice.rules.grant_file import decode, read
from backoffice.services.orders.grants import GrantsOrder, OneGrant
from backoffice.services.proposals import needs_another
from identity.kinds import Right
from identity.services import actors
from tokens.kinds import EntryType


class Grants(OrderAct):
    """The file's page. Rows that cannot be are left out, and said to be."""

    name, title, form_class = "grants", "Grant tokens to many", GrantsForm
    rights = (Right.GRANT_MANY, Right.PROPOSE_ADJUSTMENT)

    def about(self, pk: uuid.UUID) -> tuple[str, str]:
        """Whoever the file names."""
        return "Each customer whom the file names, once", reverse("admin:index")

    def order(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> GrantsOrder:
        """The file's good rows."""
        return _order(answers, _rows(answers))

    def foresee(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> Foreseen:
        """The totals, and what each row would do."""
        rows, now = _rows(answers), timezone.now()
        order = _order(answers, rows)
        order.terms(proposal_id=answers["key"])
        left_out = Effect("Rows left out", f"{sum(not row.is_good for row in rows):,}")
        waits = needs_another(order=order, maker=actors.staff(request), now=now)
        return Foreseen([*order.foresee(now=now), left_out], waits=waits, rows=rows)

    def carried(self, form: forms.Form) -> list[tuple[str, Any]]:
        """The file's text in its file's place."""
        carried = dict(super().carried(form))
        return list({**carried, "text": form.cleaned_data["text"]}.items())


def _rows(answers: dict[str, Any]) -> list[GrantRow]:
    if answers.get("file"):
        # What cannot be read is refused before anything is carried to the next page.
        answers["text"] = decode(answers["file"].read())
    return plan(read(answers["text"]))


def _order(answers: dict[str, Any], rows: list[GrantRow]) -> GrantsOrder:
    grants = tuple(OneGrant(row.number, row.account_id, row.tokens) for row in rows if row.account_id)
    return GrantsOrder(EntryType(answers["category"]), grants)
