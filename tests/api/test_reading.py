import base64

import pytest
from django.utils import timezone

from tokens.kinds import EntryType
from tokens.models import Package

TRANSACTIONS = "/api/tokens/transactions"


def _cursor(text):
    return base64.b64encode(text.encode()).decode()


def test_anyone_reads_the_packages_in_order(packages, client):
    answer = client.get("/api/tokens/packages")
    assert answer.status_code == 200
    assert [package["code"] for package in answer.json()] == ["starter", "basic", "pro", "premium"]
    basic = answer.json()[1]
    assert isinstance(basic.pop("description"), str)
    assert isinstance(basic.pop("featured"), bool)
    assert basic.pop("tokens_expire_after_days") is None
    assert basic == {
        "code": "basic",
        "name": "Basic",
        "tokens": 200,
        "bonus_tokens": 50,
        "total_tokens": 250,
        "price_cents": 1499,
        "currency": "usd",
    }


def test_packages_that_are_not_on_sale_are_not_shown(packages, client):
    Package.objects.filter(code="basic").update(on_sale=False)
    codes = [package["code"] for package in client.get("/api/tokens/packages").json()]
    assert codes == ["starter", "pro", "premium"]


def test_packages_are_shown_whatever_credentials_come_along(packages, client):
    answer = client.get("/api/tokens/packages", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, len(answer.json())) == (200, 4)


def test_a_customer_reads_their_balance(alice, alices, credit):
    before = timezone.now()
    credit(alice, 200, 50)
    balance = alices.get("/api/tokens/balance").json()
    assert before.isoformat() < balance.pop("updated_at").replace("Z", "+00:00") < timezone.now().isoformat()
    assert balance == {
        "balance": 250,
        "held": 0,
        "available": 250,
        "debt": 0,
        "total_purchased": 200,
        "total_earned": 50,
        "total_spent": 0,
        "seq": 1,
        "frozen": False,
    }


def test_a_person_without_a_wallet_is_told_so(carol, sign_in, refused):
    refused(404, "wallet_not_found", lambda: sign_in(carol).get("/api/tokens/balance"))
    assert sign_in(carol).get(TRANSACTIONS).json() == {"next": None, "previous": None, "results": []}


def test_a_customer_reads_their_transactions_newest_first(alice, alices, credit):
    bought = credit(alice, 200, 50)
    granted = credit(alice, 5, entry_type=EntryType.GRANT)
    results = alices.get(TRANSACTIONS).json()["results"]
    assert [result["id"] for result in results] == [str(granted.entry_id), str(bought.entry_id)]
    first = results[1]
    assert first.pop("created_at").endswith("Z")
    assert first.pop("reference").startswith("test:")
    assert first == {
        "id": str(bought.entry_id),
        "type": "purchase",
        "amount": 250,
        "balance_after": 250,
        "seq": 1,
        "description": "Bought tokens: Basic",
    }


def test_transactions_are_narrowed_to_one_type(alice, alices, credit):
    credit(alice, 200)
    credit(alice, 5, entry_type=EntryType.GRANT)
    results = alices.get(TRANSACTIONS, {"type": "grant"}).json()["results"]
    assert [result["type"] for result in results] == ["grant"]
    assert alices.get(TRANSACTIONS, {"type": "spend"}).json()["results"] == []


def test_pages_follow_one_another_while_tokens_arrive(alice, alices, credit):
    for tokens in range(1, 8):
        credit(alice, tokens)
    first = alices.get(TRANSACTIONS, {"page_size": 3}).json()
    credit(alice, 100)
    second = alices.get(first["next"]).json()
    third = alices.get(second["next"]).json()
    pages = [[result["amount"] for result in page["results"]] for page in (first, second, third)]
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]
    assert (first["previous"], third["next"]) == (None, None)
    assert alices.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize("path", [TRANSACTIONS, "/api/tokens/purchases"])
@pytest.mark.parametrize(
    "cursor", ["nonsense!", _cursor("p=soon"), _cursor("p=1\x00"), _cursor("o=x"), "x" * 501]
)
def test_a_cursor_that_is_none_of_ours_is_refused(path, cursor, alices, refused):
    refused(400, "invalid_cursor", lambda: alices.get(path, {"cursor": cursor}))


def test_a_position_beyond_every_number_is_an_empty_page(alice, alices, credit):
    credit(alice, 5)
    answer = alices.get(TRANSACTIONS, {"cursor": _cursor(f"p={-(10**30)}")})
    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize("entry_type", ["", "PURCHASE", "purchase\x00", "theft"])
def test_a_type_that_does_not_exist_is_refused(entry_type, alices, refused):
    answer = refused(400, "invalid_request", lambda: alices.get(TRANSACTIONS, {"type": entry_type}))
    assert list(answer.json()["errors"]) == ["type"]
