"""Bank debits: the session completes unpaid, and the bank pays or refuses days later."""

import pytest

from sandbox.stripe.banks import ACCOUNTS
from sandbox.stripe.client import SandboxRefused
from sandbox.stripe.limits import BANK_DEBIT_SECONDS
from tests.sandbox.stripe.support import browse, open_session

METADATA = {"purchase_id": "p1", "package": "basic"}
WAITS = "000000000009"
FORM = {
    "email": "alice@example.com",
    "name": "Alice",
    "routing": "110000000",
    "account": "000123456789",
}


def stand(client, session_id):
    """How the session, its intent and its charge stand."""
    session = client.v1.checkout.sessions.retrieve(
        session_id, {"expand": ["payment_intent", "payment_intent.latest_charge"]}
    )
    intent = session.payment_intent
    return (session.status, session.payment_status, intent.status, intent.latest_charge.status)


def last_types(controls, count):
    return [event["type"] for event in controls.events()][-count:]


def test_a_debit_completes_the_session_and_leaves_it_unpaid(client, controls):
    session = open_session(client, metadata=METADATA, payment_intent_data={"metadata": METADATA})

    answered = controls.debit(session.id, name="Alice")

    assert (answered["status"], answered["payment_status"], answered["url"]) == ("complete", "unpaid", None)
    assert stand(client, session.id) == ("complete", "unpaid", "processing", "pending")
    intent = client.v1.payment_intents.retrieve(answered["payment_intent"])
    charge = client.v1.charges.retrieve(intent.latest_charge)
    method = client.v1.payment_methods.retrieve(intent.payment_method)
    assert (intent.amount_received, intent.metadata.to_dict()) == (0, METADATA)
    assert (charge.paid, charge.amount, charge.billing_details.name) == (False, 1499, "Alice")
    assert charge.payment_method_details.us_bank_account.last4 == method.us_bank_account.last4 == "6789"
    assert last_types(controls, 4) == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "checkout.session.completed",
    ]


def test_the_bank_pays_when_told(client, controls):
    session = open_session(client)
    controls.debit(session.id)

    answered = controls.settle(session.id)

    assert answered["payment_status"] == "paid"
    assert stand(client, session.id) == ("complete", "paid", "succeeded", "succeeded")
    assert client.v1.payment_intents.retrieve(answered["payment_intent"]).amount_received == 1499
    assert last_types(controls, 3) == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ]


@pytest.mark.parametrize("late", [False, True], ids=["at-once", "after-it-had-paid"])
def test_the_bank_refuses_when_told(client, controls, late):
    session = open_session(client)
    controls.debit(session.id)
    if late:
        controls.settle(session.id)

    answered = controls.fail(session.id, "account_closed")

    assert (answered["status"], answered["payment_status"]) == ("complete", "unpaid")
    assert stand(client, session.id) == ("complete", "unpaid", "requires_payment_method", "failed")
    intent = client.v1.payment_intents.retrieve(answered["payment_intent"])
    assert intent.last_payment_error.code == "account_closed"
    assert (intent.amount_received, intent.payment_method) == (0, None)
    assert last_types(controls, 3) == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


@pytest.mark.parametrize(
    ("account", "outcome"),
    [
        ("000123456789", ("complete", "paid", "succeeded", "succeeded")),
        ("000222222227", ("complete", "unpaid", "requires_payment_method", "failed")),
        (WAITS, ("complete", "unpaid", "processing", "pending")),
    ],
)
def test_the_clock_ends_a_debit_as_its_account_is_fated(client, controls, account, outcome):
    session = open_session(client)
    controls.debit(session.id, account)

    controls.advance_clock(BANK_DEBIT_SECONDS - 60)
    assert stand(client, session.id) == ("complete", "unpaid", "processing", "pending")
    controls.advance_clock(120)
    controls.advance_clock(BANK_DEBIT_SECONDS)

    assert stand(client, session.id) == outcome


def test_every_failing_account_says_why(client, controls):
    for account in ACCOUNTS.values():
        if account.failure:
            controls.debit(open_session(client).id, account.number)
    controls.advance_clock(BANK_DEBIT_SECONDS + 1)

    codes = {charge.failure_code for charge in client.v1.charges.list().data}

    assert codes == {"insufficient_funds", "account_closed", "debit_not_authorized"}


def test_a_debit_ends_once(client, controls):
    settled, failed, card = (open_session(client).id for _ in range(3))
    controls.debit(settled)
    controls.debit(failed)
    controls.pay(card)
    controls.settle(settled)
    controls.fail(failed)
    events = len(controls.events())

    for control, session_id in (
        (controls.settle, settled),
        (controls.settle, failed),
        (controls.fail, failed),
        (controls.settle, card),
        (controls.fail, card),
        (controls.fail, "cs_test_nothing"),
        (controls.settle, open_session(client).id),
        (controls.debit, card),
    ):
        with pytest.raises(SandboxRefused):
            control(session_id)
    controls.advance_clock(2 * BANK_DEBIT_SECONDS)

    new = {event["type"] for event in controls.events()[events:]}
    assert new == {"product.created", "price.created", "checkout.session.expired"}


def test_what_is_no_test_account_or_no_reason_is_refused(client, controls):
    session = open_session(client)

    with pytest.raises(SandboxRefused):
        controls.debit(session.id, "123")
    controls.debit(session.id)
    with pytest.raises(SandboxRefused):
        controls.fail(session.id, "bad_weather")

    assert stand(client, session.id) == ("complete", "unpaid", "processing", "pending")


def test_a_card_that_was_declined_may_be_followed_by_a_debit_on_the_same_intent(client, controls):
    session = open_session(client)
    declined = controls.pay(session.id, "4000000000000002").session

    debited = controls.debit(session.id)

    assert debited["payment_intent"] == declined["payment_intent"]
    assert stand(client, session.id) == ("complete", "unpaid", "processing", "pending")


def test_debits_are_in_dollars_only_and_only_where_the_session_takes_them(client, controls):
    euros = {"currency": "eur", "unit_amount": 1499, "product_data": {"name": "Basic"}}
    european = open_session(client, line_items=[{"price_data": euros, "quantity": 1}])
    by_card = open_session(client, payment_method_types=["card"])
    by_bank = open_session(client, payment_method_types=["us_bank_account"])

    assert european.payment_method_types == by_card.payment_method_types == ["card"]
    assert open_session(client).payment_method_types == ["card", "us_bank_account"]
    for session in (european, by_card):
        with pytest.raises(SandboxRefused):
            controls.debit(session.id)
        assert "bank account" not in browse(session.url).text
        assert "Pay by card" in browse(f"{session.url}/bank").text
    with pytest.raises(SandboxRefused):
        controls.pay(by_bank.id)
    with pytest.raises(Exception, match="invalid for the payment method"):
        open_session(
            client,
            line_items=[{"price_data": euros, "quantity": 1}],
            payment_method_types=["us_bank_account"],
        )


def test_a_person_chooses_the_bank_on_the_pay_page(client, controls):
    session = open_session(client)
    assert f"/pay/{session.id}/bank" in browse(session.url).text
    page = browse(f"{session.url}/bank", {"fill": "000123456789"})
    assert "up to 3 days" in page.text
    assert 'value="000123456789"' in page.text

    paid = browse(f"{session.url}/bank", FORM)

    assert paid.status == 303
    assert paid.headers["Location"] == f"http://shop.test/success?session_id={session.id}"
    assert "The bank has been asked to pay" in browse(session.url).text
    assert "The bank has been asked to pay" in browse(f"{session.url}/bank").text
    assert "The bank has been asked to pay" in browse(f"{session.url}/bank", FORM).text
    assert len(client.v1.charges.list().data) == 1
    assert "000123456789" not in str(controls.events())


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("account", "12345", "Only the test accounts"),
        ("routing", "1", "Only 110000000"),
        ("email", "alice", "e-mail address"),
        ("name", " ", "account holder"),
    ],
)
def test_a_wrong_field_is_marked_and_nothing_is_tried(client, field, value, words):
    session = open_session(client)

    page = browse(f"{session.url}/bank", FORM | {field: value})

    assert words in page.text
    assert client.v1.payment_intents.list().data == []


def test_the_dashboard_has_the_bank_pay_refuse_and_take_back(client, controls):
    home = controls.base_url
    paid, refused = open_session(client).id, open_session(client).id
    controls.debit(paid, WAITS)
    controls.debit(refused, WAITS)
    assert browse(home).text.count("Bank pays") == 2

    browse(f"{home}/dashboard/sessions/{paid}/settle", {})
    for _ in range(2):
        browse(f"{home}/dashboard/sessions/{refused}/fail", {})
        browse(f"{home}/dashboard/sessions/{refused}/settle", {})

    assert stand(client, paid)[1] == "paid"
    assert stand(client, refused)[3] == "failed"
    page = browse(home).text
    assert (page.count("Bank pays"), page.count("Bank takes it back")) == (0, 1)
    browse(f"{home}/dashboard/sessions/{paid}/fail", {})
    assert stand(client, paid)[3] == "failed"
