"""Refunds: by the API and by hand, whole and in parts, pending, accepted, sent back; and what is refused."""

import json

import pytest
import stripe

from sandbox.stripe.client import SandboxRefused
from sandbox.stripe.limits import REFUND_SECONDS
from tests.sandbox.stripe.support import browse, open_session

WAITS = "4000000000007726"
FAILS = "4000000000005126"


def pay(client, controls, card="4242424242424242") -> str:
    """A payment of $14.99; its intent's id."""
    return str(controls.pay(open_session(client).id, card).session["payment_intent"])


def charge_of(client, intent: str):
    return client.v1.charges.retrieve(client.v1.payment_intents.retrieve(intent).latest_charge)


def told_since(controls, count: int) -> list[str]:
    return [event["type"] for event in controls.events()][count:]


def test_a_payment_is_given_back_whole(client, controls):
    intent = pay(client, controls)
    before = len(controls.events())

    refund = client.v1.refunds.create({"payment_intent": intent, "reason": "requested_by_customer"})

    charge = charge_of(client, intent)
    assert (refund.amount, refund.status, refund.charge) == (1499, "succeeded", charge.id)
    assert (charge.amount_refunded, charge.refunded) == (1499, True)
    assert told_since(controls, before) == ["refund.created", "charge.refunded"]
    told = controls.events(event_type="charge.refunded")[0]["data"]
    assert told["previous_attributes"] == {"amount_refunded": 0, "refunded": False}
    assert told["object"]["amount_refunded"] == 1499


def test_a_payment_is_given_back_in_equal_parts(client, controls):
    charge = charge_of(client, pay(client, controls))

    first, second = (client.v1.refunds.create({"charge": charge.id, "amount": 500}) for _ in range(2))
    rest = client.v1.refunds.create({"charge": charge.id})

    assert first.id != second.id
    assert rest.amount == 499
    shown = client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert [refund.id for refund in shown.refunds.data] == [rest.id, second.id, first.id]
    assert shown.refunded
    assert len(client.v1.refunds.list({"charge": charge.id}).data) == 3
    listed = client.raw_request("get", f"/v1/charges/{charge.id}/refunds?limit=2")
    assert json.loads(listed.body)["has_more"]


@pytest.mark.parametrize(
    ("earlier", "asked", "words", "code"),
    [
        (0, 1500, r"Refund amount \(\$15.00\) is greater than charge amount \(\$14.99\)", None),
        (1000, 500, r"greater than unrefunded amount on charge \(\$4.99\)", None),
        (1499, 1, "has already been refunded", "charge_already_refunded"),
        (0, 0, "Invalid positive integer", "parameter_invalid_integer"),
        (0, -5, "Invalid positive integer", "parameter_invalid_integer"),
    ],
)
def test_more_than_is_left_is_refused_as_stripe_does(client, controls, earlier, asked, words, code):
    intent = pay(client, controls)
    if earlier:
        client.v1.refunds.create({"payment_intent": intent, "amount": earlier})
    before = len(controls.events())

    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        client.v1.refunds.create({"payment_intent": intent, "amount": asked})

    assert refused.value.code == code
    assert charge_of(client, intent).amount_refunded == earlier
    assert told_since(controls, before) == []


def test_what_is_not_paid_or_not_named_is_refused(client, controls):
    unpaid = controls.pay(open_session(client).id, "4000000000000002").session["payment_intent"]
    charge = charge_of(client, unpaid)
    other = pay(client, controls)

    for params, words in (
        ({}, "payment_intent or charge"),
        ({"payment_intent": unpaid}, "does not have a successful charge"),
        ({"charge": charge.id}, "has not been paid"),
        ({"charge": "ch_nothing"}, "No such charge"),
        ({"payment_intent": "pi_nothing"}, "No such payment_intent"),
        ({"payment_intent": other, "charge": charge.id}, "is not one of"),
        ({"payment_intent": other, "reason": "bad_weather"}, "must be one of"),
        ({"payment_intent": other, "refund_application_fee": "true"}, "unknown parameter"),
    ):
        with pytest.raises(stripe.InvalidRequestError, match=words):
            client.v1.refunds.create(params)

    assert client.v1.refunds.list().data == []


def test_a_refund_asked_for_twice_under_one_key_is_one(client, controls):
    intent = pay(client, controls)

    answers = {
        client.v1.refunds.create({"payment_intent": intent, "amount": 500}, {"idempotency_key": "r1"}).id
        for _ in range(2)
    }

    assert len(answers) == 1
    assert charge_of(client, intent).amount_refunded == 500


@pytest.mark.parametrize(
    ("card", "first", "last"), [(WAITS, "pending", "succeeded"), (FAILS, "succeeded", "failed")]
)
def test_a_card_decides_what_becomes_of_its_refund(client, controls, card, first, last):
    intent = pay(client, controls, card)
    refund = client.v1.refunds.create({"payment_intent": intent})
    assert refund.status == first
    assert charge_of(client, intent).amount_refunded == 1499

    controls.advance_clock(REFUND_SECONDS - 60)
    assert client.v1.refunds.retrieve(refund.id).status == first
    controls.advance_clock(120)
    controls.advance_clock(REFUND_SECONDS)

    ended = client.v1.refunds.retrieve(refund.id)
    assert ended.status == last
    assert charge_of(client, intent).amount_refunded == (1499 if last == "succeeded" else 0)
    assert len(controls.events(event_type="refund.updated")) == 1
    assert len(controls.events(event_type="refund.failed")) == (last == "failed")


def test_a_debits_refund_is_pending_first(client, controls):
    session = open_session(client)
    controls.debit(session.id)
    controls.settle(session.id)

    refund = controls.refund(session.id, 500)

    assert (refund["status"], refund["pending_reason"]) == ("pending", "processing")
    assert "pending_reason" not in controls.end_refund(refund["id"], "succeeded")


@pytest.mark.parametrize("end", ["failed", "canceled"])
def test_a_refund_that_does_not_arrive_is_owed_again(client, controls, end):
    intent = pay(client, controls)
    refund = controls.refund(intent, 500, status="pending")
    before = len(controls.events())

    ended = controls.end_refund(refund["id"], end)

    assert ended["status"] == end
    assert (charge_of(client, intent).amount_refunded, charge_of(client, intent).refunded) == (0, False)
    failed = ["refund.failed"] if end == "failed" else []
    assert told_since(controls, before) == ["refund.updated", *failed, "charge.updated"]
    moved = client.v1.balance_transactions.list({"source": refund["id"]}).data
    assert sorted(transaction.amount for transaction in moved) == [-500, 500]
    assert client.v1.refunds.create({"payment_intent": intent}).amount == 1499


def test_a_refund_ends_once_and_only_in_a_known_way(client, controls):
    done = controls.refund(pay(client, controls), 500)
    failed = controls.refund(pay(client, controls), 500)
    controls.end_refund(failed["id"], "failed")

    for refund_id, status in (
        (done["id"], "canceled"),
        (done["id"], "succeeded"),
        (failed["id"], "failed"),
        (failed["id"], "succeeded"),
        ("re_nothing", "failed"),
        (done["id"], "lost"),
    ):
        with pytest.raises(SandboxRefused):
            controls.end_refund(refund_id, status)


def test_a_control_refunds_by_any_of_the_payments_ids_and_is_held_to_stripes_rules(client, controls):
    session = open_session(client)
    intent = controls.pay(session.id).session["payment_intent"]
    charge = charge_of(client, intent).id

    for payment in (session.id, intent, charge):
        controls.refund(payment, 100)
    for payment, order in (
        (intent, {"amount": 1300}),
        (intent, {"reason": "bad_weather"}),
        (intent, {"status": "failed"}),
        ("pi_nothing", {}),
        (open_session(client).id, {}),
    ):
        with pytest.raises(SandboxRefused):
            controls.refund(payment, **order)
    controls.refund(intent, 1300, unchecked=True)

    assert charge_of(client, intent).amount_refunded == 1600


def test_a_person_refunds_on_the_dashboard(client, controls):
    home = controls.base_url
    intent = pay(client, controls)
    charge = charge_of(client, intent).id
    assert 'placeholder="14.99"' in browse(home).text

    browse(f"{home}/dashboard/charges/{charge}/refund", {"amount": "5.00"})
    browse(f"{home}/dashboard/charges/{charge}/refund", {"amount": "", "status": "pending"})
    too_much = browse(f"{home}/dashboard/charges/{charge}/refund", {"amount": "1"})
    no_amount = browse(f"{home}/dashboard/charges/{charge}/refund", {"amount": "a lot"})

    pending, done = client.v1.refunds.list().data
    assert (done.amount, done.status, pending.amount, pending.status) == (500, "succeeded", 999, "pending")
    assert "already been refunded" in too_much.text
    assert "no amount" in no_amount.text
    assert "Bank accepts" in browse(home).text
    for _ in range(2):
        browse(f"{home}/dashboard/refunds/{pending.id}/failed", {})
    assert client.v1.refunds.retrieve(pending.id).status == "failed"
    assert "partly refunded" in browse(home).text


def test_yen_have_no_decimals_on_the_dashboard(client, controls):
    yen = {"currency": "jpy", "unit_amount": 1000, "product_data": {"name": "Basic"}}
    session = open_session(client, line_items=[{"price_data": yen, "quantity": 1}])
    intent = controls.pay(session.id).session["payment_intent"]

    browse(f"{controls.base_url}/dashboard/charges/{charge_of(client, intent).id}/refund", {"amount": "400"})

    assert client.v1.refunds.list().data[0].amount == 400
    assert 'placeholder="600"' in browse(controls.base_url).text


def test_each_movement_of_money_is_booked(client, controls):
    intent = pay(client, controls)
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 500})
    charge = charge_of(client, intent)

    charged = client.v1.balance_transactions.retrieve(charge.balance_transaction)
    refunded = client.v1.balance_transactions.retrieve(refund.balance_transaction)

    assert (charged.amount, charged.fee, charged.net, charged.source) == (1499, 73, 1426, charge.id)
    assert (refunded.amount, refunded.fee, refunded.type) == (-500, 0, "refund")
    by_type = client.v1.balance_transactions.list({"type": "refund", "currency": "usd"}).data
    assert [transaction.id for transaction in by_type] == [refunded.id]
