"""What the timeline tells of proposals, and what it and the rights' stand-in say where there is nothing to tell."""

import uuid
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from backoffice.kinds import Customer, Place
from backoffice.limits import PROPOSAL_LIFETIME
from backoffice.models import Proposal, Rights
from backoffice.queries.timeline import timeline_of
from backoffice.services.orders.adjustment import AdjustmentOrder
from backoffice.services.proposals import approve, expire_due, propose, reject
from identity.kinds import Actor
from identity.models import User
from tests.support.staff import permit
from tests.tokens.conftest import Bank


def test_who_may_see_no_table_is_told_of_nothing(bank: Bank):
    customer = Customer(bank.alice.id, bank.wallet.account_id)
    now = Place(timezone.now(), 0, 0, "")
    assert timeline_of(customer, labels=(), topic=None, before=now, limit=5) == []
    assert timeline_of(customer, labels={"identity.User"}, topic=None, before=None, limit=5)


def test_rights_without_a_table_have_a_name():
    assert str(Rights()) == "rights"


def test_proposals_are_told_when_they_are_made_and_when_they_end(bank: Bank, maker: Actor, checker: Actor):
    began = timezone.now() - timedelta(days=10)

    def at(hours: int) -> datetime:
        return began + timedelta(hours=hours)

    def proposed(tokens: int, hours: int) -> Proposal:
        order = AdjustmentOrder(bank.wallet.account_id, tokens)
        return propose(order=order, key=uuid.uuid4(), reason="Promised.", maker=maker, now=at(hours))

    agreed, refused, missed = proposed(5_000, 1), proposed(6_000, 2), proposed(1_500, 3)
    approve(proposal_id=agreed.id, seen_seq=0, answer="Right.", checker=checker, now=at(4))
    reject(proposal_id=refused.id, answer="No.", checker=checker, now=at(5))
    expire_due(now=at(3) + PROPOSAL_LIFETIME)

    looks, browser = User.objects.get(id=checker.id), Client()
    permit(looks, "identity.view_user", "tokens.view_wallet", "backoffice.view_proposal")
    browser.force_login(looks)
    shown = browser.get(f"/admin/customers/{bank.alice.id}/timeline/", {"topic": "staff"}).context["timeline"]
    assert [(line.words, line.details, line.url.split("/")[-3]) for line in shown.lines] == [
        ("Proposal expired: adjust a wallet", "", str(missed.id)),
        ("Proposal rejected: adjust a wallet", "", str(refused.id)),
        ("Proposal approved: adjust a wallet", "", str(agreed.id)),
        ("Proposed: adjust a wallet", "+1,500 tokens", str(missed.id)),
        ("Proposed: adjust a wallet", "+6,000 tokens", str(refused.id)),
        ("Proposed: adjust a wallet", "+5,000 tokens", str(agreed.id)),
    ]
