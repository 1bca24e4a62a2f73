"""Packages are published, not saved: a price is always a price at Stripe as well."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from identity.models import AuditRecord
from payments.models import PackagePublication
from sandbox.stripe.client import SandboxControls
from tests.admin.conftest import SignedIn
from tests.admin.test_who_gets_in import url
from tokens.models import Package

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/tokens/package/"
BASIC = {
    "name": "Basic",
    "description": "For a start",
    "tokens": "200",
    "bonus_tokens": "50",
    "price_cents": "1499",
    "currency": "usd",
    "featured": "",
    "position": "2",
    "on_sale": "on",
}

ANSWER = {"_answered": "1", "reason": "For the spring."}


@pytest.fixture
def stripe(transactional_db: None) -> SandboxControls:
    controls = SandboxControls(settings.STRIPE_API_BASE)
    controls.reset()
    return controls


@pytest.fixture
def basic(stripe: SandboxControls, superuser: Client) -> Package:
    """The package, added on its page."""
    response = superuser.post(url("tokens.Package", "add"), {**BASIC, **ANSWER, "code": "basic"})
    assert (response.status_code, response["Location"]) == (302, LIST)
    return Package.objects.get()


def change(client: Client, **fields: Any) -> Any:
    form = {name: value for name, value in {**BASIC, **ANSWER, **fields}.items() if value}
    return client.post(url("tokens.Package", "change", "basic"), form)


def test_a_package_is_added_here_and_at_stripe(basic: Package) -> None:
    publication = PackagePublication.objects.get()
    assert (basic.code, basic.price_cents, basic.on_sale) == ("basic", 1499, True)
    assert (publication.package_id, publication.price_cents) == ("basic", 1499)
    assert publication.stripe_price_id.startswith("price_")
    assert AuditRecord.objects.get().reason == "For the spring."


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Basics"}, "200 + 50 tokens for $14.99. Its price at Stripe stays"),
        ({"price_cents": "1999"}, "200 + 50 tokens for $19.99. A new price is made at Stripe"),
        ({"currency": "jpy"}, "200 + 50 tokens for 1,499 JPY. A new price is made at Stripe"),
        ({"on_sale": ""}, "It goes off sale, here and at Stripe."),
    ],
)
def test_what_will_happen_is_said_and_without_a_reason_nothing_does(
    fields: dict[str, str], said: str, basic: Package, superuser: Client
) -> None:
    before = (Package.objects.values().get(), list(PackagePublication.objects.values()))
    asked = change(superuser, **fields, _answered="", reason="")
    blank = change(superuser, **fields, reason="   ")
    for answer in (asked, blank):
        assert answer.status_code == 200
        assert said in answer.content.decode()
    assert "This field is required." in blank.content.decode()
    assert (Package.objects.values().get(), list(PackagePublication.objects.values())) == before

    carried = dict(asked.context["carried"])
    done = superuser.post(url("tokens.Package", "change", "basic"), {**carried, "reason": "Sales are slow."})
    assert done["Location"] == LIST
    record = AuditRecord.objects.get(reason="Sales are slow.")
    assert record.action == ("package.publish" if carried.get("on_sale") else "package.retire")


def test_words_and_place_change_without_a_new_price(basic: Package, superuser: Client) -> None:
    response = change(superuser, name="Basics", position="9", featured="on")
    assert response["Location"] == LIST
    said = [str(message) for message in superuser.get(LIST).context["messages"]]
    assert said[-1] == "Basics is on sale at these terms."
    basic.refresh_from_db()
    assert (basic.name, basic.position, basic.featured, basic.version) == ("Basics", 9, True, 2)
    assert PackagePublication.objects.count() == 1


def test_a_new_price_is_published(basic: Package, superuser: Client) -> None:
    assert change(superuser, price_cents="1999").status_code == 302
    basic.refresh_from_db()
    assert basic.price_cents == 1999
    in_force = PackagePublication.objects.get(withdrawn_at=None)
    assert in_force.price_cents == 1999
    assert PackagePublication.objects.count() == 2


def test_how_long_its_tokens_last_is_published_without_a_new_price(basic: Package, superuser: Client) -> None:
    assert change(superuser, tokens_expire_after_days="90").status_code == 302
    assert Package.objects.get(tokens_expire_after_days=90) == basic
    assert change(superuser, tokens_expire_after_days="").status_code == 302
    assert Package.objects.get(tokens_expire_after_days=None) == basic
    assert PackagePublication.objects.count() == 1


def test_a_package_is_retired_and_put_on_sale_again(basic: Package, superuser: Client) -> None:
    assert change(superuser, on_sale="").status_code == 302
    basic.refresh_from_db()
    assert not basic.on_sale
    assert not PackagePublication.objects.filter(withdrawn_at=None).exists()
    assert "retired" in superuser.get(LIST).content.decode()
    assert change(superuser).status_code == 302
    basic.refresh_from_db()
    assert basic.on_sale


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"on_sale": "", "price_cents": "1"}, "keeps its terms"),
        ({"tokens": "0"}, "package_tokens_positive"),
        ({"price_cents": "-5"}, "greater than or equal to 0"),
        ({"price_cents": "2000000000"}, "cents"),
        ({"tokens_expire_after_days": "0"}, "greater than or equal to 1"),
        ({"tokens_expire_after_days": "4000"}, "less than or equal to 3650"),
        ({"name": ""}, "required"),
        ({"currency": "dollars"}, "at most 3 characters"),
    ],
)
def test_what_makes_no_sense_is_said_in_the_form_and_changes_nothing(
    fields: dict[str, str], said: str, basic: Package, superuser: Client
) -> None:
    before = (Package.objects.values().get(), list(PackagePublication.objects.values()))
    response = change(superuser, **fields)
    assert response.status_code == 200
    assert said in str(response.context["errors"]) + str(response.context["adminform"].form.errors)
    assert (Package.objects.values().get(), list(PackagePublication.objects.values())) == before


@pytest.mark.parametrize(("status", "said"), [(503, "Payments are not available"), (400, "Stripe refused")])
def test_a_no_from_stripe_is_a_form_error_and_nothing_is_changed(
    status: int, said: str, basic: Package, superuser: Client, stripe: SandboxControls
) -> None:
    before = (Package.objects.values().get(), list(PackagePublication.objects.values()))
    superuser.get(LIST)  # reads the messages of what went before
    stripe.fail_next(100, status=status, path="/v1/p*")
    changed = change(superuser, price_cents="1999")
    added = superuser.post(url("tokens.Package", "add"), {**BASIC, **ANSWER, "code": "huge"})
    for answer in (changed, added):
        assert answer.status_code == 200
        assert said in str(answer.context["adminform"].form.errors)
        assert not list(answer.context["messages"])
    assert (Package.objects.values().get(), list(PackagePublication.objects.values())) == before

    stripe.stop_failing()
    assert change(superuser, price_cents="1999").status_code == 302
    assert Package.objects.get().price_cents == 1999


def test_staff_who_may_only_look_change_no_price(basic: Package, staff: SignedIn) -> None:
    before = Package.objects.values().get()
    bob = staff("tokens.view_package", name="bob")
    assert change(bob, price_cents="1").status_code == 403
    assert bob.post(url("tokens.Package", "add"), {**BASIC, **ANSWER, "code": "mine"}).status_code == 403
    assert Package.objects.values().get() == before


def test_nothing_is_deleted_and_the_code_never_changes(basic: Package, superuser: Client) -> None:
    assert superuser.post(url("tokens.Package", "delete", "basic"), {"post": "yes"}).status_code == 403
    assert change(superuser, code="other").status_code == 302
    assert list(Package.objects.values_list("code", flat=True)) == ["basic"]
