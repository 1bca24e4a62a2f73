"""The tests' visitor sees what a page does that no page may."""

import pytest

from tests.support.browser import Visitors


@pytest.mark.parametrize("host", ["elsewhere.example", "203.0.113.7"], ids=["name", "address"])
def test_what_a_page_asks_of_others_is_noticed_and_not_fetched(visit: Visitors, host: str) -> None:
    elsewhere = f"https://{host}/pixel.png"
    with visit() as visitor:
        visitor.page.goto("about:blank")
        with visitor.page.expect_event("requestfailed") as failed:
            visitor.page.set_content(f'<img src="{elsewhere}" alt="">')

        assert failed.value.failure == "net::ERR_NAME_NOT_RESOLVED"
        assert visitor.outside == [elsewhere]
        assert any("ERR_NAME_NOT_RESOLVED" in error for error in visitor.errors)
        visitor.outside.clear()
        visitor.errors.clear()
