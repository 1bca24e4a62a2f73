"""Publishing packages: never a price on one side alone."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR
from mirror.services.dispatch import deliver_due
from payments.errors import PaymentsUnavailable, StripeRefused
from payments.management.commands.seed_catalog import PACKAGES
from payments.models import PackagePublication
from payments.services.catalogue import publish_package, retire_package
from tests.support.shop import Shop
from tokens.errors import InvalidPackage, PackageNotFound, PackageNotOnSale
from tokens.kinds import PackageTerms
from tokens.models import Package
from tokens.queries import packages

GOLD = PackageTerms("Gold", "Shines.", 700, 70, 7000, position=9)


def in_force(code: str) -> PackagePublication:
    return PackagePublication.objects.get(package_id=code, withdrawn_at=None)


def everything() -> list[object]:
    return [list(Package.objects.values()), list(PackagePublication.objects.values())]


def test_the_four_packages_are_those_of_the_contract(counter: Shop):
    sold = [
        (p.code, p.name, p.tokens, p.bonus_tokens, p.total_tokens, p.price_cents) for p in packages.on_sale()
    ]

    assert sold == [
        ("starter", "Starter", 50, 0, 50, 499),
        ("basic", "Basic", 200, 50, 250, 1499),
        ("pro", "Pro", 500, 100, 600, 2999),
        ("premium", "Premium", 1000, 250, 1250, 4999),
    ]
    for code, terms in PACKAGES.items():
        price = counter.stripe.object(in_force(code).stripe_price_id)
        assert (price["unit_amount"], price["currency"], price["active"]) == (terms.price_cents, "usd", True)
        assert price["product"] == in_force(code).stripe_product_id
        assert str(in_force(code)) == f"{code} {price['id']}"


def test_seeding_again_changes_nothing_here_or_at_stripe(counter: Shop, capsys: pytest.CaptureFixture[str]):
    before = everything()
    counter.stripe.forget_requests()

    call_command("seed_catalog")

    assert everything() == before
    assert counter.stripe.requests().total == 0
    assert "basic: 200 + 50 tokens at 14.99 USD" in capsys.readouterr().out


def test_a_release_seeds_an_empty_shop_and_leaves_what_staff_have_changed(counter: Shop):
    Package.objects.filter(code="basic").update(price_cents=1)
    before = everything()
    call_command("seed_catalog", "--if-empty")
    assert everything() == before

    PackagePublication.objects.all().delete()
    Package.objects.all().delete()
    call_command("seed_catalog", "--if-empty")
    assert packages.on_sale().count() == 4


def test_a_seeding_that_cannot_reach_stripe_says_so_and_can_be_repeated(counter: Shop):
    Package.objects.all().update(on_sale=False)
    PackagePublication.objects.all().delete()
    counter.stripe.fail_next(10, status=500)

    with pytest.raises(CommandError, match="starter could not be published"):
        call_command("seed_catalog")

    counter.stripe.stop_failing()
    call_command("seed_catalog")
    assert packages.on_sale().count() == 4


def test_a_new_price_replaces_the_old_one_at_stripe_as_well(counter: Shop):
    old = in_force("basic")

    publish_package(
        code="basic", terms=PackageTerms("Basic", "", 200, 50, 1999), actor=SYSTEM_ACTOR, now=timezone.now()
    )

    new = in_force("basic")
    assert new.stripe_price_id != old.stripe_price_id
    assert new.stripe_product_id == old.stripe_product_id
    assert counter.stripe.object(old.stripe_price_id)["active"] is False
    assert counter.stripe.object(new.stripe_price_id)["unit_amount"] == 1999
    package = Package.objects.get(code="basic")
    assert (package.price_cents, package.version, str(package)) == (1999, 2, "Basic")


def test_a_price_that_comes_back_is_a_price_of_its_own(counter: Shop):
    first = in_force("basic").stripe_price_id
    for cents in (1999, 1499):
        publish_package(
            code="basic",
            terms=PackageTerms("Basic", "", 200, 50, cents),
            actor=SYSTEM_ACTOR,
            now=timezone.now(),
        )

    again = in_force("basic")
    assert again.stripe_price_id != first
    assert counter.stripe.object(again.stripe_price_id)["active"] is True
    assert counter.start("alice", "basic").price_cents == 1499


def test_another_name_reaches_stripe_and_firestore_and_keeps_the_price(counter: Shop):
    before = in_force("basic").stripe_price_id

    publish_package(
        code="basic",
        terms=PackageTerms("Classic", "New words.", 200, 50, 1499),
        actor=SYSTEM_ACTOR,
        now=timezone.now(),
    )

    assert in_force("basic").stripe_price_id == before
    product = counter.stripe.object(in_force("basic").stripe_product_id)
    assert (product["name"], product["description"]) == ("Classic", "New words.")
    deliver_due(clock=timezone.now)
    document = counter.document("packages/basic")
    assert document is not None
    assert (document["name"], document["total_tokens"], document["on_sale"]) == ("Classic", 250, True)


def test_a_retired_package_stays_visible_off_sale_and_can_return(counter: Shop):
    retired = in_force("basic")

    retire_package(code="basic", actor=SYSTEM_ACTOR, now=timezone.now())
    retire_package(code="basic", actor=SYSTEM_ACTOR, now=timezone.now())

    assert counter.stripe.object(retired.stripe_price_id)["active"] is False
    deliver_due(clock=timezone.now)
    document = counter.document("packages/basic")
    assert document is not None
    assert (document["on_sale"], document["version"]) == (False, 2)
    with pytest.raises(PackageNotOnSale):
        packages.package_to_sell("basic")

    publish_package(code="basic", terms=PACKAGES["basic"], actor=SYSTEM_ACTOR, now=timezone.now())
    assert packages.package_to_sell("basic").version == 3
    assert counter.start("alice", "basic").checkout_url


def test_an_unknown_package_cannot_be_retired(counter: Shop):
    before = everything()
    with pytest.raises(PackageNotFound):
        retire_package(code="golden", actor=SYSTEM_ACTOR, now=timezone.now())
    assert everything() == before


@pytest.mark.parametrize("status", [429, 500])
@pytest.mark.parametrize("path", ["/v1/products*", "/v1/prices*"])
def test_while_stripe_fails_nothing_is_published(counter: Shop, path: str, status: int):
    before = everything()
    counter.stripe.fail_next(10, status=status, path=path)

    with pytest.raises(PaymentsUnavailable):
        publish_package(code="gold", terms=GOLD, actor=SYSTEM_ACTOR, now=timezone.now())

    assert everything() == before
    counter.stripe.stop_failing()
    publish_package(code="gold", terms=GOLD, actor=SYSTEM_ACTOR, now=timezone.now())
    assert len(counter.stripe.events(event_type="product.created")) == 5


def test_what_stripe_refuses_is_not_published(counter: Shop):
    before = everything()
    counter.stripe.fail_next(1, status=400, method="POST", path="/v1/prices")

    with pytest.raises(StripeRefused):
        publish_package(code="gold", terms=GOLD, actor=SYSTEM_ACTOR, now=timezone.now())

    assert everything() == before


def test_a_package_needs_no_description(counter: Shop):
    publish_package(
        code="gold", terms=PackageTerms("Gold", "", 700, 70, 7000), actor=SYSTEM_ACTOR, now=timezone.now()
    )

    product = counter.stripe.object(in_force("gold").stripe_product_id)
    assert product["description"] is None


def test_an_old_price_that_cannot_be_withdrawn_harms_nobody(counter: Shop):
    old = in_force("basic")
    counter.stripe.fail_next(10, status=500, path=f"/v1/prices/{old.stripe_price_id}")

    publish_package(
        code="basic", terms=PackageTerms("Basic", "", 200, 50, 1999), actor=SYSTEM_ACTOR, now=timezone.now()
    )

    counter.stripe.stop_failing()
    assert counter.start("alice", "basic").price_cents == 1999


@pytest.mark.parametrize(
    ("code", "terms"),
    [
        ("Gold!", GOLD),
        ("gold", PackageTerms("", "", 1, 0, 1)),
        ("gold", PackageTerms("Gold", "", 0, 0, 1)),
        ("gold", PackageTerms("Gold", "", -5, 0, 1)),
        ("gold", PackageTerms("Gold", "", 5, -1, 1)),
        ("gold", PackageTerms("Gold", "", 5, 0, 0)),
        ("gold", PackageTerms("Gold", "", 5, 0, 49)),
        ("gold", PackageTerms("Gold", "", 5, 0, 1_000_001)),
        ("gold", PackageTerms("Gold", "", 1_000_001, 0, 1)),
        ("gold", PackageTerms("Gold", "", 5, 1_000_001, 1)),
        ("gold", PackageTerms("Gold", "x" * 201, 5, 0, 1)),
        ("gold", PackageTerms("Gold", "", 5, 0, 1, currency="dollars")),
    ],
)
def test_terms_that_make_no_sense_are_refused_before_stripe_hears_of_them(
    counter: Shop, code: str, terms: PackageTerms
):
    before = everything()
    counter.stripe.forget_requests()

    with pytest.raises(InvalidPackage):
        publish_package(code=code, terms=terms, actor=SYSTEM_ACTOR, now=timezone.now())

    assert everything() == before
    assert counter.stripe.requests().total == 0
