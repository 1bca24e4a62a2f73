"""The Stripe sandbox's own pages, at a desk and on a phone: accessible, silent, nothing from outside."""

import pytest

from tests.sandbox.stripe.support import open_session, stripe_client


@pytest.fixture
def client(shop, settings):
    return stripe_client(settings.STRIPE_API_BASE)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_every_page_looks_right(visit, shop, client, site_url, phone):
    kind = "phone" if phone else "desk"
    ways = {"success_url": f"{site_url}/", "cancel_url": f"{site_url}/"}
    session = open_session(client, customer_email="alice@example.com", **ways)
    with visit(phone=phone, javascript=False) as someone:
        page = someone.page
        page.goto(session.url)
        page.get_by_role("button", name="Pay $14.99").click()
        page.get_by_text("Enter 3 or 4 digits").wait_for()
        someone_looks(visit, session.url, f"sandbox-pay-{kind}", phone=phone)
        page.get_by_role("link", name="From a US bank account").click()
        page.get_by_role("button", name="Debit $14.99").click()
        page.get_by_text("Only the test accounts work here").wait_for()
        page.get_by_role("link", name="By card instead").click()
        page.get_by_role("button", name="Is declined").click()
        page.get_by_role("button", name="Pay $14.99").click()
        page.get_by_role("alert").get_by_text("Your card was declined").wait_for()
        page.get_by_role("button", name="Pays").click()
        page.get_by_role("button", name="Pay $14.99").click()
        page.wait_for_url(f"{site_url}/")
    someone_looks(visit, f"{shop.stripe.base_url}/pay/{session.id}", f"sandbox-paid-{kind}", phone=phone)
    expired = client.v1.checkout.sessions.expire(open_session(client, **ways).id)
    by_bank = open_session(client, **ways)
    someone_looks(visit, f"{by_bank.url}/bank", f"sandbox-bank-{kind}", phone=phone)
    with visit(phone=phone, javascript=False) as someone:
        page = someone.page
        page.goto(f"{by_bank.url}/bank")
        page.get_by_role("button", name="Settles in 3 days").click()
        page.get_by_role("button", name="Debit $14.99").click()
        page.wait_for_url(f"{site_url}/")
    someone_looks(visit, f"{shop.stripe.base_url}/pay/{by_bank.id}", f"sandbox-debited-{kind}", phone=phone)
    someone_looks(visit, f"{shop.stripe.base_url}/pay/{expired.id}", f"sandbox-expired-{kind}", phone=phone)
    shop.stripe.refund(session.id, 500, status="pending")
    shop.stripe.dispute(session.id)
    someone_looks(visit, shop.stripe.base_url, f"sandbox-dashboard-{kind}", phone=phone)


def test_a_person_gives_money_back_and_disputes_it_on_the_dashboard(visit, shop, client, site_url):
    ways = {"success_url": f"{site_url}/", "cancel_url": f"{site_url}/"}
    shop.stripe.pay(open_session(client, **ways).id)
    with visit(javascript=False) as someone:
        page = someone.page
        page.goto(shop.stripe.base_url)
        page.get_by_label("Amount to refund").fill("5.00")
        page.get_by_role("button", name="Refund, pending").click()
        page.get_by_role("button", name="Bank accepts").click()
        page.get_by_role("button", name="Dispute", exact=True).click()
        page.get_by_role("button", name="Win", exact=True).click()
        page.get_by_text("won, fraudulent").wait_for()
    assert [refund.status for refund in client.v1.refunds.list().data] == ["succeeded"]


def someone_looks(visit, url, name, *, phone):
    with visit(phone=phone) as someone:
        someone.page.goto(url)
        someone.look(name)
