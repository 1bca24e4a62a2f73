"""People of the back office, and Alice with a wallet."""

from collections.abc import Iterator

import pytest

from identity.kinds import Actor
from tests.support.shop import open_customer
from tests.support.staff import member
from tests.tokens.conftest import Bank
from tokens.queries.integrity import find_imbalances


@pytest.fixture
def bank(db: None) -> Iterator[Bank]:
    """Alice's wallet; afterwards the books must be right."""
    yield Bank(open_customer("alice"))
    assert find_imbalances() == []


@pytest.fixture
def maker(bank: Bank) -> Actor:
    """Dave, who may do small things alone, and proposes others."""
    return member("dave", "tokens.adjust", "tokens.reverse_entry", "tokens.grant_many")


@pytest.fixture
def checker(bank: Bank) -> Actor:
    """Carol, who agrees to what others propose, and to nothing of her own."""
    return member("carol", "backoffice.approve_proposal", "tokens.propose_adjustment")
