"""Being refused by a limit, as a person sees it."""

import pytest

from payments.models import Purchase
from tests.support.exceptions import grant


@pytest.mark.parametrize("window", [{}, {"phone": True, "dark": True}], ids=["desk", "dark-phone"])
def test_the_page_says_when_to_come_back(visit, alice, shop, window):
    grant(alice, hourly_max=0)
    with visit(**window) as visitor:
        visitor.sign_in_quietly(alice)
        visitor.open("/buy-tokens")
        visitor.expect_failure("/buy-tokens")
        visitor.page.get_by_role("button", name="Buy for $14.99").click()

        notice = visitor.page.get_by_role("alert")
        assert "Please try again in" in notice.inner_text()
        assert "minute" in notice.inner_text()
        visitor.look(f"limit-reached-{'dark-phone' if window else 'desk'}")
    assert not Purchase.objects.exists()
