"""Who gets what from every address there is. The addresses come from the URL configuration, not from here."""

from dataclasses import replace

import pytest
from django.contrib import admin

from payments.models import Purchase
from tests.admin.rows import person, row_of, settled_purchase
from tests.permissions.callers import Callers, told
from tests.permissions.expected import AREAS
from tests.permissions.expected.back_office import TABLES
from tests.permissions.routes import patterns, routes

EXPECTED = {route: row for table in AREAS.values() for route, row in table.items()}
# Views that do without Django's CSRF token, each with what it asks for instead.
WITHOUT_CSRF_TOKEN = {
    "api/stripe/webhook": "Stripe's signature",
    "api/schema/": "nothing: it changes nothing",
    "api/docs/": "nothing: it changes nothing",
    "api/tokens/packages": "nothing: it changes nothing",
    "api/tokens/balance": "REST framework checks the token wherever a session signs in",
    "api/tokens/transactions": "REST framework checks the token wherever a session signs in",
    "api/tokens/statement": "REST framework checks the token wherever a session signs in",
    "api/tokens/purchases": "REST framework checks the token wherever a session signs in",
    "api/tokens/purchases/<uuid:purchase_id>": "REST framework checks the token wherever a session signs in",
    "api/tokens/spend": "a service's key, which no browser sends by itself",
    "api/tokens/grants": "a service's key, which no browser sends by itself",
    "api/tokens/holds": "a service's key, which no browser sends by itself",
    "api/tokens/holds/<uuid:hold_id>/capture": "a service's key, which no browser sends by itself",
    "api/tokens/holds/<uuid:hold_id>/release": "a service's key, which no browser sends by itself",
    "accounts/google/login/token/": "Google's own token, in a cookie and in the form",
}
HOW_TO_ADD = """
These addresses have no expectation. Who may ask for them, and what do the others get? Say so in the file of
their area in tests/permissions/expected/ (table.py there has the words), by a row such as:

{rows}

The five answers are of: nobody, the owner, another customer, staff without the rights, staff with them.
"""
HOW_TO_ADD_TABLES = """
These tables have pages in the admin and no expectation. Add what staff with all four rights may do there beside
looking to TABLES in tests/permissions/expected/back_office.py (and a row of it to MAKERS in tests/admin/rows.py):

{rows}
"""


def test_every_table_of_the_admin_has_an_expectation() -> None:
    registered = {model._meta.label for model in admin.site._registry}
    missing = sorted(registered - TABLES.keys())
    rows = "\n".join(f'    "{label}": SEEN,' for label in missing)
    assert missing == [], HOW_TO_ADD_TABLES.format(rows=rows)
    assert sorted(TABLES.keys() - registered) == [], "These tables have no pages any more: take them out."


def test_every_route_has_an_expectation() -> None:
    missing = sorted(routes() - EXPECTED.keys())
    rows = "\n".join(
        f'    "{route}": Row(get=Asked(SIGN_IN, 200, 404, 404, 404), post=NOT_ALLOWED),' for route in missing
    )
    assert missing == [], HOW_TO_ADD.format(rows=rows)


def test_every_expectation_has_a_route() -> None:
    assert sorted(EXPECTED.keys() - routes()) == [], "These routes are no more: take their rows out."


@pytest.mark.django_db
@pytest.mark.parametrize("area", AREAS)
def test_everybody_gets_what_the_table_says(area: str) -> None:
    callers, row_id = Callers.appear(), _row_of(area)
    purchase = Purchase.objects.first() or settled_purchase()
    world = {
        "purchase": str(purchase.id),
        "session": str(purchase.stripe_session_id),
        "customer": str(purchase.buyer_id),
        "row": row_id,
    }
    secrets = [str(purchase.idempotency_key), str(purchase.entry_id), "alice@example.com"]
    wrong, given = [], None
    for route, row in AREAS[area].items():
        if row.rights != given:
            callers.give_rights(given := row.rights)
        asked = row if row.at else replace(row, at=route)
        for who, method, expected, response in callers.ask(asked, world):
            if told(response) != expected:
                wrong.append(f"{route}: {method} by {who}: {told(response)}, and not {expected}")
            if who in {"nobody", "other"}:
                text = response.getvalue().decode(errors="replace")
                wrong += [f"{route}: {method} tells {who} {secret}" for secret in secrets if secret in text]
    assert not wrong, "\n".join(wrong)


def _row_of(area: str) -> str:
    """The row that a table's pages are asked about. A person is none of the five: saving might lock them out."""
    if area == "identity.User":
        return str(person("erin").pk)
    return str(row_of(area).pk) if area in TABLES else ""


def test_only_these_views_do_without_a_csrf_token() -> None:
    exempt = {route for route, pattern in patterns() if getattr(pattern.callback, "csrf_exempt", False)}
    assert exempt == WITHOUT_CSRF_TOKEN.keys()
