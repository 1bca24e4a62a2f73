"""Staff may have Stripe asked about a purchase whose webhook never came."""

import io
import uuid

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR
from identity.models import AuditRecord
from payments.errors import EventNotFound, PurchaseNotFound
from payments.kinds import PurchaseStatus
from payments.services.again import ask_stripe_again, resend_event
from payments.services.purchases import start_purchase
from sandbox.stripe.client import SandboxControls
from tests.admin.rows import person
from tests.admin.test_actions import act, answer, words
from tests.admin.test_who_gets_in import url
from tokens.queries.wallets import wallet_of


@pytest.mark.django_db(transaction=True)
def test_a_paid_purchase_that_nobody_told_us_of_is_credited_once(superuser: Client) -> None:
    stripe = SandboxControls(settings.STRIPE_API_BASE)
    stripe.reset()
    call_command("seed_catalog", stdout=io.StringIO())
    alice = person("alice")
    bought = start_purchase(buyer_id=alice.id, package_code="basic", idempotency_key="1", now=timezone.now())
    stripe.pay(str(bought.stripe_session_id), "4242424242424242")
    page = url("payments.Purchase", "change", bought.pk)
    assert superuser.get(page).context["row_actions"] == [("ask_stripe_again", "Ask Stripe again…")]

    asked = act(superuser, "payments.Purchase", "ask_stripe_again", bought, from_row=True)
    assert "one that was paid is credited once" in asked.content.decode()
    answer(superuser, "payments.Purchase", "ask_stripe_again", bought, reason="")
    bought.refresh_from_db()
    assert bought.status == PurchaseStatus.OPEN
    asked_for = AuditRecord.objects.filter(action="purchase.ask_stripe").order_by("id")
    assert not asked_for.exists()

    response = answer(superuser, "payments.Purchase", "ask_stripe_again", bought, reason="No webhook came.")

    assert response["Location"] == page
    assert words(superuser, response) == ["Asked Stripe: 1 of 1."]
    bought.refresh_from_db()
    assert bought.status == PurchaseStatus.SETTLED
    assert "ask_stripe_again" not in dict(superuser.get(page).context["row_actions"])
    answer(superuser, "payments.Purchase", "ask_stripe_again", bought, reason="To be sure.")
    assert [record.reason for record in asked_for.all()] == ["No webhook came.", "To be sure."]
    assert wallet_of(alice.id).balance == 250


@pytest.mark.django_db
def test_what_is_not_there_is_neither_asked_about_nor_handled_again() -> None:
    nowhere, now = uuid.uuid4(), timezone.now()
    with pytest.raises(PurchaseNotFound):
        ask_stripe_again(purchase_id=nowhere, actor=SYSTEM_ACTOR, now=now)
    with pytest.raises(EventNotFound):
        resend_event(event_id=nowhere, actor=SYSTEM_ACTOR, now=now)
