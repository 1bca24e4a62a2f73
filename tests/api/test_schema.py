"""The API's description, and whether the API keeps to it."""

import re
from types import FunctionType
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from config.wsgi import application
from identity.models import User

JUDGED_BY = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
)


schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


bounded = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def customer(packages, client, bearer, credit, start):
    """The credentials of a customer who has a transaction and a purchase."""
    headers = bearer("uid-alice")
    start(client, **headers)
    credit(User.objects.get(), 200, 50)
    return headers


def _judged_as_a_customer(case, customer):
    case.call_and_validate(checks=JUDGED_BY, headers=customer)


def _judged_as_a_stranger(case, customer):
    case.call_and_validate(checks=JUDGED_BY)


def _judged_as_a_service(case, customer, key_of):
    """Its calls are about a customer who exists, so that they come to something."""
    headers = key_of(f"service-{uuid4().hex}")
    if case.meta.generation.mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
        case.body.update({"user": "uid-alice"} if "user" in case.body else {})
    case.call_and_validate(checks=JUDGED_BY, headers=headers)


def _tests_of(operation):
    """Schemathesis's tests of one call. One for all calls would give them one name, and xdist would run one."""
    only = schema.include(method=operation.method, path=operation.path)
    for judged in (_judged_as_a_customer, _judged_as_a_stranger, _judged_as_a_service):
        test = bounded(FunctionType(judged.__code__, globals(), judged.__name__))
        name = re.sub(r"\W+", "_", f"test{judged.__name__}_{operation.label}").strip("_").lower()
        # A transactional test, because the application closes its connection after each request.
        yield name, pytest.mark.django_db(transaction=True)(only.parametrize()(test))


OPERATIONS = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr] # an invalid one fails here
globals().update(test for operation in OPERATIONS for test in _tests_of(operation))


def test_the_description_names_every_call_of_the_contract(client, db):
    described = client.get("/api/schema/", {"format": "json"}).json()
    calls = {f"{method} {path}" for path, methods in described["paths"].items() for method in methods}
    assert calls >= {
        "get /api/tokens/packages",
        "get /api/tokens/balance",
        "get /api/tokens/transactions",
        "get /api/tokens/purchases",
        "post /api/tokens/purchases",
        "get /api/tokens/purchases/{purchase_id}",
        "get /api/tokens/statement",
        "post /api/tokens/spend",
        "post /api/tokens/grants",
        "post /api/tokens/holds",
        "post /api/tokens/holds/{hold_id}/capture",
        "post /api/tokens/holds/{hold_id}/release",
    }
    assert set(described["components"]["securitySchemes"]) >= {"firebase", "session", "apiKey"}


def test_the_pages_need_nothing_from_anywhere_else(client, db):
    page = client.get("/api/docs/")
    html = page.content.decode()
    assert page.status_code == 200
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(links) == 5
    assert all(link.startswith("/") and not link.startswith("//") for link in links)
    assert not re.search(r"<style|<script>|style=|onload=", html)
    for link in links:
        answer = client.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200, link
        answer.close()


def test_the_pages_script_leads_to_the_description(client, db):
    script = client.get("/api/docs/", {"script": ""})
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()
