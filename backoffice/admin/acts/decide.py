"""The page on which a second person decides: what it would do now, and what happened to the wallet since."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from backoffice.admin.acts.forms import DecideForm
from backoffice.admin.proposal_words import details_of
from backoffice.errors import WalletChanged
from backoffice.kinds import Effect, ProposalStatus
from backoffice.limits import PROPOSAL_CHANGES_SHOWN_MAX
from backoffice.models import Proposal
from backoffice.queries.proposals import proposal_of
from backoffice.services.orders.kept import order_of
from backoffice.services.proposals import approve, reject
from foundation.admin import change_url
from foundation.errors import Refusal
from identity.errors import MakerIsChecker
from identity.kinds import Right
from identity.services import actors
from tokens.queries.entries import postings_since
from tokens.queries.wallets import wallets_by_account

REJECT = "_reject"


def decide_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the proposal; approve or reject it."""
    if not request.user.has_perm(Right.APPROVE_PROPOSAL):
        raise PermissionDenied
    proposal = proposal_of(pk)
    seq = _seq(proposal)
    waits = proposal.status_at(timezone.now()) == ProposalStatus.PROPOSED
    has_changed = waits and seq != proposal.wallet_seq
    form = DecideForm(request.POST.dict() or None, initial={"seen_seq": seq}, has_changed=has_changed)
    if request.method == "POST" and form.is_valid():
        if has_changed and REJECT not in request.POST and not form.cleaned_data["seen"]:
            form.add_error(None, WalletChanged.title)
        else:
            try:
                return _decided(request, proposal, form.cleaned_data)
            except MakerIsChecker:
                raise
            except Refusal as refusal:
                form.add_error(None, refusal.detail)
    return _shown(request, proposal, form, seq, has_changed=has_changed)


def _decided(request: HttpRequest, proposal: Proposal, answers: dict[str, Any]) -> HttpResponse:
    checker, now = actors.staff(request), timezone.now()
    if REJECT in request.POST:
        reject(proposal_id=proposal.id, answer=answers["answer"], checker=checker, now=now)
        messages.success(request, "Rejected: nothing of it is done.")
    else:
        approve(
            proposal_id=proposal.id,
            seen_seq=answers["seen_seq"],
            answer=answers["answer"],
            checker=checker,
            now=now,
        )
        outcome = order_of(proposal).outcome(key=proposal.id)
        messages.success(request, f"Approved. {outcome}.")
    return HttpResponseRedirect(change_url("backoffice.Proposal", proposal.id))


def _shown(
    request: HttpRequest, proposal: Proposal, form: DecideForm, seq: int | None, *, has_changed: bool
) -> HttpResponse:
    if form.is_bound:  # what the checker has before their eyes now
        form.data = {**form.data, "seen_seq": "" if seq is None else str(seq)}
    effects, refusal = _foreseen(proposal)
    context = {
        **admin.site.each_context(request),
        "title": "Decide about a proposal",
        "form": form,
        "details": details_of(proposal),
        "effects": effects,
        "refusal": refusal,
        "changes": _changes(proposal) if has_changed else (),
        "is_own": proposal.maker_id == request.user.pk,
        "back": change_url("backoffice.Proposal", proposal.id),
        "reject": REJECT,
    }
    return TemplateResponse(request, "admin/decide.html", context)


def _foreseen(proposal: Proposal) -> tuple[list[Effect], str]:
    """What approving it would do now, or why it would be refused."""
    try:
        return order_of(proposal).foresee(now=timezone.now()), ""
    except Refusal as refusal:
        return [], refusal.detail


def _changes(proposal: Proposal) -> list[tuple[str, str]]:
    """What has moved the wallet since it was proposed."""
    assert proposal.account_id, "only a proposal about a wallet knows of changes"
    since = postings_since(
        proposal.account_id, seq=proposal.wallet_seq or 0, limit=PROPOSAL_CHANGES_SHOWN_MAX
    )
    return [
        (line.entry.get_type_display(), f"{line.amount:+,}, leaving {line.balance_after:,}") for line in since
    ]


def _seq(proposal: Proposal) -> int | None:
    if proposal.account_id is None:
        return None
    (wallet,) = wallets_by_account([proposal.account_id])
    return wallet.seq
