"""The tests' visitor sees what a page does that no page may."""

from tests.support.browser import Visitors

ELSEWHERE = "https://elsewhere.example/pixel.png"


def test_what_a_page_asks_of_others_is_noticed_and_not_fetched(visit: Visitors) -> None:
    with visit() as visitor:
        visitor.page.goto("about:blank")
        with visitor.page.expect_event("requestfailed") as failed:
            visitor.page.set_content(f'<img src="{ELSEWHERE}" alt="">')

        assert failed.value.failure == "net::ERR_NAME_NOT_RESOLVED"
        assert visitor.outside == [ELSEWHERE]
        assert any("ERR_NAME_NOT_RESOLVED" in error for error in visitor.errors)
        visitor.outside.clear()
        visitor.errors.clear()


def test_an_address_without_a_name_is_not_asked_either(visit: Visitors) -> None:
    with visit() as visitor:
        visitor.page.goto("about:blank")
        with visitor.page.expect_event("requestfailed") as failed:
            visitor.page.set_content('<img src="http://203.0.113.7/pixel.png" alt="">')

        assert failed.value.failure == "net::ERR_NAME_NOT_RESOLVED"
        assert visitor.outside == ["http://203.0.113.7/pixel.png"]
        visitor.outside.clear()
        visitor.errors.clear()
