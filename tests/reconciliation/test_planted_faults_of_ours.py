"""Faults in the ledger, in Firestore and in the catalogue: found, named, and mended if that is safe."""

from datetime import timedelta

from django.conf import settings
from google.cloud import firestore

from identity.kinds import SYSTEM_ACTOR
from payments.gateways.stripe_api import client, deactivate_price
from payments.management.commands.seed_catalog import PACKAGES
from payments.models import PackagePublication, Purchase
from payments.services.catalogue import publish_package
from security.models import Alert
from tests.reconciliation.found import assert_gone, assert_kept_for_a_person, assert_mended, keys
from tests.support.database import tamper
from tests.support.reconciling import checked, found, later
from tests.support.shop import Shop
from tokens.kinds import PackageTerms


def test_a_ledger_that_does_not_agree_with_itself(shop: Shop):
    purchase = shop.buy("alice")
    tamper("UPDATE tokens_wallet SET balance = balance + 1")
    tamper("UPDATE tokens_posting SET balance_after = balance_after + 1 WHERE line = 1")
    Purchase.objects.update(bonus_tokens=0)

    assert_kept_for_a_person(
        "ledger", {"running_balances", "wallet_lots", "chain", "credit_mismatch"} | WRONG_BALANCE
    )
    alert = Alert.objects.get(dedup_key="ledger")
    assert (alert.kind, alert.severity) == ("ledger_imbalance", "critical")

    tamper("UPDATE tokens_wallet SET balance = balance - 1")
    tamper("UPDATE tokens_posting SET balance_after = balance_after - 1 WHERE line = 1")
    Purchase.objects.update(bonus_tokens=purchase.bonus_tokens)
    assert_gone("ledger")


WRONG_BALANCE = {"wallet_balances"}


def test_documents_in_firestore_that_are_not_as_the_ledger_has_them(shop: Shop):
    for name in ("alice", "bob", "carol"):
        shop.buy(name)
    shop.drain()
    wallets = [shop.wallet(name) for name in ("alice", "bob", "carol")]
    database = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
    database.document(f"users/{wallets[0].document_id}").update({"tokenBalance": 1_000_000}, timeout=10)
    (entry,) = (
        database.collection("transactions")
        .where(filter=firestore.FieldFilter("userId", "==", wallets[1].document_id))
        .get(timeout=10)
    )
    entry.reference.delete(timeout=10)
    database.document("transactions/invented").set(
        {"userId": wallets[2].document_id, "amount": 1}, timeout=10
    )
    database.close()

    assert_mended("mirror", {"firestore_differs"})
    shown = shop.document(f"users/{wallets[0].document_id}")
    assert shown
    assert shown["tokenBalance"] == 250
    assert shop.document("transactions/invented") is None


def test_packages_that_stripe_would_sell_otherwise(counter: Shop):
    terms = PACKAGES["basic"]
    publications = {each.package_id: each for each in PackagePublication.objects.all()}
    publish_package(
        code="starter",
        terms=PackageTerms("Starter", "Enough to look around.", 50, 0, 599, position=1),
        actor=SYSTEM_ACTOR,
        now=later(),
    )
    PackagePublication.objects.filter(withdrawn_at__isnull=False).update(
        withdrawn_at=later() - timedelta(hours=1)
    )
    left = publications["starter"].stripe_price_id
    client().v1.prices.update(left, {"active": True})
    client().v1.products.update(publications["basic"].stripe_product_id, {"name": "Bargain"})

    assert_mended("catalogue", {"withdrawn_price_in_use", "package_name_differs"})
    assert counter.stripe.object(publications["basic"].stripe_product_id)["name"] == terms.name
    assert counter.stripe.object(left)["active"] is False

    deactivate_price(publications["pro"].stripe_price_id)
    assert_kept_for_a_person_again("catalogue", {"package_inactive"})


def assert_kept_for_a_person_again(check_name: str, kinds: set[str]) -> None:
    result = checked(check_name, repairs=True)[check_name]
    assert {kind for kind, _ in keys(result)} == kinds
    assert {(each.is_safe, each.is_repaired) for each in result.found} == {(False, False)}


def test_a_price_in_use_that_was_withdrawn_just_now_is_not_told(counter: Shop):
    price = PackagePublication.objects.get(package_id="pro")
    PackagePublication.objects.filter(id=price.id).update(withdrawn_at=later())
    assert found(checked("catalogue")) == {}
