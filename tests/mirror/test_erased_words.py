"""What a service wrote about an entry is erased from where it lies beside the ledger, and from Firestore.

As docs/runbooks/erase-words.md has it done.
"""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.mirror.test_after_restore import client_delete
from tests.support.shop import Shop
from tests.support.shop_fixtures import own_firestore, shop, stripe_sandbox
from tokens.kinds import ServiceCall
from tokens.models import Note
from tokens.services.spending import spend

__all__ = ["own_firestore", "shop", "stripe_sandbox"]


@pytest.mark.usefixtures("own_firestore")
def test_words_are_erased_and_the_entry_stays(shop: Shop):
    shop.buy("alice")
    wallet = shop.wallet("alice")
    call = ServiceCall("renderer", "1", "A portrait of Bob Example")
    posted = spend(user_id=wallet.owner_id, amount=5, call=call, now=timezone.now())
    shop.drain()
    path = f"transactions/{posted.entry_id}"
    before = shop.document(path) or {}
    assert before["description"] == "Spent tokens: A portrait of Bob Example"

    Note.objects.filter(entry_id=posted.entry_id).update(reason="", label="")
    client_delete(path)
    subject = ("--kind", "wallet", "--subject", str(wallet.account_id))
    call_command("rebuild_mirror", *subject, stdout=StringIO())

    after = shop.document(path) or {}
    changing = {"description", "mirroredAt"}
    assert after["description"] == "Spent tokens"
    assert {name: after[name] for name in after.keys() - changing} == {
        name: before[name] for name in before.keys() - changing
    }
    shop.assert_sound()
