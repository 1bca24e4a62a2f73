"""The pages on which staff act: they ask, foretell in numbers, and do or propose; another person decides."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from backoffice.models import Proposal
from backoffice.services.completion import complete_approved
from foundation.ids import new_id
from payments.models import Purchase
from tests.admin.conftest import SignedIn
from tests.admin.rows import NOW, person, purchase, row_of, settled_purchase
from tests.admin.test_actions import act, words
from tests.admin.test_who_gets_in import url
from tokens.kinds import AccountKind, EntryType
from tokens.models import Correction, Entry
from tokens.queries.wallets import wallet_of
from tokens.services.ledger import post

pytestmark = pytest.mark.django_db

CONFIRMED = {"_confirmed": "1"}


def key_of(page: Any) -> str:
    found = re.search(r'name="key" value="([0-9a-f-]{36})"', page.content.decode())
    assert found
    return found[1]


def ask(client: Client, name: str, pk: object, **answers: Any) -> Any:
    """Open the page and send its form."""
    there = reverse(f"admin:act_{name}", args=[pk] if pk else [])
    return client.post(there, {"key": key_of(client.get(there)), "reason": "Promised.", **answers})


def told(page: Any) -> str:
    return " ".join(page.content.decode().split())


def alices() -> Any:
    return wallet_of(person("alice").id)


def test_a_wallet_is_adjusted_from_its_page(staff: SignedIn):
    account = alices().account_id
    dave = staff("tokens.view_wallet", "tokens.adjust", name="dave")
    row = type("Row", (), {"pk": account})
    there = reverse("admin:act_adjust", args=[account])
    assert act(dave, "tokens.Wallet", "adjust", row, from_row=True)["Location"] == there

    foretold = ask(dave, "adjust", account, tokens="40")
    assert "Tokens in the wallet</dt> <dd> 0 → <strong>40</strong>" in told(foretold)
    assert "waits until another person" not in told(foretold)
    assert not Entry.objects.exists()
    facts = {"key": key_of(foretold), "tokens": "40", "reason": "Promised."}
    assert 'name="tokens"' in told(dave.post(there, {**facts, "_changed": "1"}))
    dave.post(there, {**facts, **CONFIRMED})
    done = dave.post(there, {**facts, **CONFIRMED})
    assert done["Location"] == url("tokens.Wallet", "change", account)
    assert words(dave, done)[0] == "Adjust tokens: The entry is posted."
    assert alices().balance == 40
    assert "There are not enough tokens" in told(ask(dave, "adjust", account, tokens="-41", **CONFIRMED))


def test_an_action_on_a_row_is_for_one_row(superuser: Client):
    rows = [type("Row", (), {"pk": wallet_of(person(name).id).account_id}) for name in ("alice", "bob")]
    done = act(superuser, "tokens.Wallet", "adjust", *rows)
    assert words(superuser, done) == ["Choose one row for this."]


def test_an_entry_is_reversed_from_its_page_and_one_of_a_purchase_is_not(superuser: Client):
    bought = settled_purchase()
    spent = post(
        entry_type=EntryType.SPEND,
        reference="spend:1",
        account_id=alices().account_id,
        counter_lines={AccountKind.REDEEMED: 30},
        now=NOW,
    )
    refused = ask(superuser, "reverse", bought.entry_id)
    assert "refund the purchase" in told(refused)
    row = type("Row", (), {"pk": spent.entry_id})
    there = reverse("admin:act_reverse", args=[spent.entry_id])
    assert act(superuser, "tokens.Entry", "reverse", row, from_row=True)["Location"] == there
    assert "220 → <strong>250</strong>" in told(ask(superuser, "reverse", spent.entry_id))
    done = ask(superuser, "reverse", spent.entry_id, **CONFIRMED)
    assert done["Location"] == url("tokens.Entry", "change", spent.entry_id)
    assert alices().balance == 250


def test_what_does_not_exist_has_no_page(superuser: Client):
    for name in ("adjust", "reverse", "refund", "release", "decide"):
        assert superuser.get(reverse(f"admin:act_{name}", args=[new_id()])).status_code == 404, name


def test_a_large_one_is_proposed_and_another_person_approves_it(staff: SignedIn):
    dave = staff(
        "tokens.view_wallet", "tokens.propose_adjustment", "backoffice.approve_proposal", name="dave"
    )
    carol = staff("backoffice.view_proposal", "backoffice.approve_proposal", name="carol")
    account = alices().account_id
    foretold = ask(dave, "adjust", account, tokens="5000")
    waits = "waits until another person has approved it, and expires in 3 days."
    assert waits in told(foretold)
    done = ask(dave, "adjust", account, tokens="5000", **CONFIRMED)
    kept = Proposal.objects.get()
    page = url("backoffice.Proposal", "change", kept.pk)
    assert done["Location"] == page

    decide = reverse("admin:act_decide", args=[kept.pk])
    assert "somebody else has to decide" in told(dave.get(decide))
    refused = dave.post(decide, {"answer": "Mine.", "seen_seq": "0"})
    assert refused.status_code == 403
    assert "Somebody else has to decide" in told(refused)
    assert dave.post(decide, {"answer": "Mine.", "seen_seq": "0", "_reject": "1"}).status_code == 403
    assert carol.get(page).context["row_actions"] == [("decide", "Decide…")]
    assert act(carol, "backoffice.Proposal", "decide", kept, from_row=True)["Location"] == decide
    shown = told(carol.get(decide))
    assert "0 → <strong>5,000</strong>" in shown
    assert "The wallet has changed since" not in shown
    assert Proposal.objects.get().status == "proposed"

    done = carol.post(decide, {"answer": "", "seen_seq": "0"})

    assert words(carol, done) == ["Approved. The entry is posted."]
    assert alices().balance == 5_000
    assert carol.get(page).context["row_actions"] == []
    again = carol.post(decide, {"answer": "", "seen_seq": "0"})
    assert "decided before" in told(again)
    assert alices().balance == 5_000
    assert "5,000 tokens" in told(carol.get(url("backoffice.Proposal", "changelist")))


def test_a_changed_wallet_is_shown_and_confirmed_anew(superuser: Client):
    kept = row_of("backoffice.Proposal")
    settled_purchase("alice")
    decide = reverse("admin:act_decide", args=[kept.pk])

    stale = superuser.post(decide, {"answer": "", "seen_seq": "0"})
    assert "The wallet has changed since" in told(stale)
    assert "+250, leaving 250" in told(stale)
    assert 'name="seen_seq" value="1"' in told(stale)
    overtaken = superuser.post(decide, {"answer": "", "seen_seq": "0", "seen": "on"})
    assert "look at what happened since" in told(overtaken)
    assert alices().balance == 250

    superuser.post(decide, {"answer": "", "seen_seq": "1", "seen": "on"})
    assert alices().balance == 5_250


def test_what_is_rejected_is_not_done(superuser: Client):
    kept = row_of("backoffice.Proposal")
    decide = reverse("admin:act_decide", args=[kept.pk])
    assert "give a reason" in told(superuser.post(decide, {"answer": "", "_reject": "1"}))
    done = superuser.post(decide, {"answer": "Nobody promised it.", "_reject": "1"})
    assert words(superuser, done) == ["Rejected: nothing of it is done."]
    assert not Entry.objects.exists()


def test_a_proposal_that_would_be_refused_says_so(superuser: Client):
    account = settled_purchase("alice").wallet_account_id
    bob = person("bob", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(bob)
    entry = Entry.objects.get()
    lines = {AccountKind.PROMOTIONS: -2_000}
    facts: dict[str, Any] = {"entry_type": EntryType.GRANT, "account_id": account, "now": NOW}
    grant = post(reference="grant:1", counter_lines=lines, **facts)
    ask(client, "reverse", grant.entry_id, **CONFIRMED)
    kept = Proposal.objects.get()
    ask(client, "adjust", account, tokens="-2250", **CONFIRMED)
    other = Proposal.objects.exclude(pk=kept.pk).get()
    superuser.post(reverse("admin:act_decide", args=[kept.pk]), {"seen_seq": "2"})
    shown = told(superuser.get(reverse("admin:act_decide", args=[other.pk])))
    assert "It would be refused: There are not enough tokens" in shown
    assert url("tokens.Wallet", "change", account) in told(
        superuser.get(url("backoffice.Proposal", "change", kept.pk))
    )
    assert entry.purchase_id


def test_a_quarantined_purchase_is_released_from_its_page(staff: SignedIn):
    bought = purchase(status="quarantined", quarantine_reason="amount_differs", paid_cents=1400)
    dave = staff("payments.view_purchase", "payments.settle_quarantined", name="dave")
    there = reverse("admin:act_release", args=[bought.pk])
    names = dict(dave.get(url("payments.Purchase", "change", bought.pk)).context["row_actions"])
    assert names == {"release": "Release and credit…"}
    assert act(dave, "payments.Purchase", "release", bought, from_row=True)["Location"] == there

    foretold = ask(dave, "release", bought.pk)
    assert "Money kept</dt> <dd> <strong>$14.00</strong>" in told(foretold)
    assert "0 → <strong>250</strong>" in told(foretold)
    done = ask(dave, "release", bought.pk, **CONFIRMED)

    assert words(dave, done) == ["Released: the tokens are in the wallet."]
    assert alices().balance == 250
    assert Purchase.objects.get().status == "settled"
    assert "not quarantined" in told(ask(dave, "release", bought.pk, **CONFIRMED))


def upload(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("gifts.csv", text.encode(), content_type="text/csv")


def test_a_file_of_grants_is_tried_dry_and_its_bad_rows_are_left_out(staff: SignedIn):
    dave = staff("tokens.grant_many", name="dave")
    person("bob")
    person("alice")
    text = "user,tokens\nalice@example.com,100\nghost@example.com,5\nbob@example.com,50\nbob@example.com,1\n"
    dry = ask(dave, "grants", None, file=upload(text), category="promotion")
    for words_of in (
        "Tokens given in all</dt> <dd> <strong>150</strong>",
        "Rows left out</dt> <dd> <strong>2</strong>",
        "Nobody has this address or id",
        "Row 4 is for the same customer",
    ):
        assert words_of in told(dry)
    assert not Entry.objects.exists()
    carried = dict(dry.context["carried"])
    assert carried["text"] == text

    done = dave.post(reverse("admin:act_grants"), {**carried, **CONFIRMED})

    assert done["Location"] == reverse("admin:index")
    assert (alices().balance, wallet_of(person("bob").id).balance) == (100, 50)


def test_a_large_file_of_grants_waits_for_another_person(staff: SignedIn, superuser: Client):
    dave = staff("tokens.grant_many", name="dave")
    person("alice")
    dry = ask(dave, "grants", None, file=upload("user,tokens\nalice@example.com,2000"), category="grant")
    assert "waits until another person" in told(dry)
    dave.post(reverse("admin:act_grants"), {**dict(dry.context["carried"]), **CONFIRMED})
    kept = Proposal.objects.get()
    decide = reverse("admin:act_decide", args=[kept.pk])
    assert "Customers who get tokens" in told(superuser.get(decide))
    done = superuser.post(decide, {"answer": ""})
    assert words(superuser, done) == ["Approved. 0 of 1 customers have their tokens."]
    complete_approved(now=NOW)
    assert alices().balance == 2_000
    assert "2,000 tokens" in told(superuser.get(url("backoffice.Proposal", "change", kept.pk)))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "Choose a file."),
        ({"file": upload("user;tokens\na;5")}, "The first row has to be: user, tokens."),
        ({"file": upload("user,tokens\nghost,5")}, "No row of this file grants anything."),
    ],
    ids=["none", "header", "nobody"],
)
def test_a_file_that_grants_nothing_is_asked_for_again(superuser: Client, answers: dict[str, Any], said: str):
    assert said in told(ask(superuser, "grants", None, category="grant", **answers))
    assert not Correction.objects.exists()
