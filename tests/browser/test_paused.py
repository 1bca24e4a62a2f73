"""A paused wallet, as its owner sees it."""

import pytest

from tests.support.freezing import freeze


@pytest.mark.parametrize("window", [{}, {"phone": True, "dark": True}], ids=["desk", "dark-phone"])
def test_the_shop_and_the_wallet_say_that_it_is_paused(visit, alice, shop, window):
    freeze(alice)
    with visit(**window) as visitor:
        visitor.sign_in_quietly(alice)
        for page in ("/buy-tokens", "/wallet"):
            visitor.open(page)
            assert "Your wallet is paused." in visitor.page.get_by_role("status").first.inner_text()
            visitor.look(f"paused-{page.strip('/')}-{'dark-phone' if window else 'desk'}")
