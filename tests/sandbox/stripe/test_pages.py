"""The pages as plain HTTP: what they say, what they refuse, where they lead."""

import pytest

from tests.sandbox.stripe.support import browse, open_session

FORM = {
    "email": "alice@example.com",
    "card": "4242 4242 4242 4242",
    "expiry": "12 / 44",
    "cvc": "123",
    "name": "Alice",
    "country": "US",
}
DECLINED = FORM | {"card": "4000 0000 0000 0002"}


def test_the_pay_page_says_what_is_bought_and_that_no_money_moves(client):
    data = {
        "currency": "usd",
        "unit_amount": 1499,
        "product_data": {"name": "<Basic> & co", "description": "250 tokens"},
    }
    session = open_session(client, line_items=[{"price_data": data, "quantity": 2}])
    page = browse(session.url)

    assert page.status == 200
    for words in (
        "No money moves",
        "$29.98",
        "2 at $14.99",
        "250 tokens",
        "&lt;Basic&gt; &amp; co",
        "Sandbox Shop",
    ):
        assert words in page.text
    assert "<Basic>" not in page.text
    assert 'href="http://shop.test/cancel"' in page.text


def test_both_pay_pages_say_what_the_shop_says_beside_the_button(client):
    session = open_session(client, custom_text={"submit": {"message": "Tokens expire <some day>."}})
    for url in (session.url, f"{session.url}/bank"):
        assert "Tokens expire &lt;some day&gt;." in browse(url).text
    assert 'class="terms"' not in browse(open_session(client).url).text


def test_pages_load_nothing_from_elsewhere_and_run_no_script(client):
    page = browse(open_session(client).url)
    policy = page.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'self' http://shop.test" in policy
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_paying_leads_to_the_shop_with_the_sessions_id(client):
    session = open_session(client)

    paid = browse(session.url, FORM)

    assert paid.status == 303
    assert paid.headers["Location"] == f"http://shop.test/success?session_id={session.id}"
    settled = client.v1.checkout.sessions.retrieve(session.id)
    assert (settled.payment_status, settled.customer_details.name) == ("paid", "Alice")
    assert "paid already" in browse(session.url).text
    assert "paid already" in browse(session.url, FORM).text
    assert len(client.v1.charges.list().data) == 1


def test_a_declined_card_is_told_and_the_page_stays(client, controls):
    session = open_session(client)

    declined = browse(session.url, DECLINED)

    assert 'role="alert">Your card was declined. Nothing was charged.' in declined.text
    assert 'value="alice@example.com"' in declined.text
    (failed,) = controls.events(event_type="payment_intent.payment_failed")
    assert failed["data"]["object"]["last_payment_error"]["decline_code"] == "generic_decline"
    assert browse(session.url, FORM).status == 303


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("card", "4111 1111 1111 1111", "Only the test cards"),
        ("card", "", "Only the test cards"),
        ("expiry", "13 / 40", "month and year"),
        ("expiry", "01 / 20", "in the past"),
        ("expiry", "soon", "month and year"),
        ("cvc", "12", "3 or 4 digits"),
        ("email", "alice", "e-mail address"),
        ("name", " ", "name on the card"),
        ("country", "XX", "Choose a country"),
    ],
)
def test_a_wrong_field_is_marked_and_nothing_is_tried(client, field, value, words):
    session = open_session(client)

    page = browse(session.url, FORM | {field: value})

    assert words in page.text
    assert client.v1.payment_intents.list().data == []
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_an_email_that_the_shop_has_set_cannot_be_changed(client):
    session = open_session(client, customer_email="bob@example.com")

    assert 'value="bob@example.com"' in browse(session.url).text
    browse(session.url, FORM)

    assert client.v1.checkout.sessions.retrieve(session.id).customer_details.email == "bob@example.com"


def test_a_test_card_is_filled_in_on_request(client):
    session = open_session(client)

    page = browse(session.url, {"fill": "4000000000000002"})

    assert 'value="4000 0000 0000 0002"' in page.text
    assert client.v1.payment_intents.list().data == []


def test_an_expired_session_says_so_and_leads_back(client, controls):
    session = open_session(client)
    controls.advance_clock(25 * 60 * 60)

    page = browse(session.url)

    assert "has expired" in page.text
    assert "http://shop.test/cancel" in page.text
    assert "has expired" in browse(session.url, FORM).text
    assert client.v1.charges.list().data == []


def test_an_unknown_page_or_session_is_404(controls):
    for path in ("/pay/cs_test_nothing", "/nothing", "/static/nothing.css", "/static/..%2fserver.py"):
        assert browse(controls.base_url + path).status == 404


def test_a_full_card_number_is_kept_nowhere(client, controls):
    browse(open_session(client).url, FORM)
    (charge,) = client.v1.charges.list().data

    for kept in (controls.events(), controls.object(charge.id), controls.object(charge.payment_method)):
        assert "4242424242424242" not in str(kept)
        assert "4242 4242" not in str(kept)


def test_the_dashboard_shows_and_steers(client, controls, receiver):
    home = controls.base_url
    session = open_session(client)
    browse(f"{home}/dashboard/hold", {})
    controls.pay(session.id)
    held = browse(home).text
    browse(f"{home}/dashboard/release/reversed", {})

    assert "No money moves" in held
    assert session.id in held
    assert "4 are waiting" in held
    assert [name for name in receiver.types() if name not in {"product.created", "price.created"}] == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_the_dashboard_tells_again_and_expires(client, controls, receiver):
    home = controls.base_url
    session = open_session(client)
    controls.wait_until_idle()
    (event,) = controls.events(event_type="price.created")
    receiver.clear()

    browse(f"{home}/dashboard/events/{event['id']}/duplicate", {})
    browse(f"{home}/dashboard/events/{event['id']}/resend", {})
    for _ in range(2):
        assert browse(f"{home}/dashboard/sessions/{session.id}/expire", {}).headers["Location"] == "/"
    controls.wait_until_idle()

    ids = [
        received.event["id"] for received in receiver.received if received.event["type"] == "price.created"
    ]
    assert event["id"] in ids
    assert len(set(ids)) == 2
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert "delivered" in browse(home).text


def test_an_empty_dashboard_says_so(controls):
    assert browse(controls.base_url).text.count("None yet") == 7
