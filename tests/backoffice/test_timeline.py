"""What the timeline and the rights' stand-in say where there is nothing to tell."""

from django.utils import timezone

from backoffice.kinds import Customer, Place
from backoffice.models import Rights
from backoffice.queries.timeline import timeline_of
from tests.tokens.conftest import Bank


def test_who_may_see_no_table_is_told_of_nothing(bank: Bank):
    customer = Customer(bank.alice.id, bank.wallet.account_id)
    now = Place(timezone.now(), 0, 0, "")
    assert timeline_of(customer, labels=(), topic=None, before=now, limit=5) == []
    assert timeline_of(customer, labels={"identity.User"}, topic=None, before=None, limit=5)


def test_rights_without_a_table_have_a_name():
    assert str(Rights()) == "rights"
