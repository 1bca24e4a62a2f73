"""Staff may have Stripe asked about a purchase whose webhook never came."""

import io

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from payments.kinds import PurchaseStatus
from payments.services.purchases import start_purchase
from sandbox.stripe.client import SandboxControls
from tests.admin.rows import person
from tests.admin.test_actions import act, words
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
    assert superuser.get(page).context["row_actions"] == [("ask_stripe_again", "Ask Stripe again")]

    response = act(superuser, "payments.Purchase", "ask_stripe_again", bought, from_row=True)

    assert response["Location"] == page
    assert words(superuser, response) == ["Asked Stripe: 1 of 1."]
    bought.refresh_from_db()
    assert bought.status == PurchaseStatus.SETTLED
    assert "ask_stripe_again" not in dict(superuser.get(page).context["row_actions"])
    act(superuser, "payments.Purchase", "ask_stripe_again", bought)
    assert wallet_of(alice.id).balance == 250
