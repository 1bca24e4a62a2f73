"""From which devices people are signed in: noted at the sign-in and while they are used, told to them and to staff."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from identity.limits import DEVICE_SEEN_NOTED_EVERY, DEVICES_SHOWN
from identity.queries.devices import device_words
from tests.admin.conftest import SignedIn
from tests.admin.device_rows import BEGAN, device_of
from tests.admin.test_who_gets_in import url
from tests.support.shop import PASSWORD, open_customer

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/139.0.0.0 Mobile Safari/537.36 " + "x" * 300
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def signed_in(user_agent: str) -> Client:
    browser = Client(headers={"User-Agent": user_agent})
    browser.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    return browser


def test_a_sign_in_is_noted_with_its_device_and_the_use_of_it_now_and_then() -> None:
    alice = open_customer("alice")
    browser = signed_in(FIREFOX)
    began = UserSession.objects.get()
    assert (began.user, began.ip, began.user_agent) == (alice, "127.0.0.1", FIREFOX)

    elsewhere = {"User-Agent": CHROME, "X-Forwarded-For": "6.6.6.6"}
    with time_machine.travel(timezone.now() + DEVICE_SEEN_NOTED_EVERY + timedelta(minutes=1)):
        browser.get("/wallet", headers=elsewhere)  # noted
        cache.clear()  # as after that time
        browser.get("/wallet", headers=elsewhere)
        browser.get("/wallet", headers={"User-Agent": FIREFOX})
    used = UserSession.objects.get()
    assert used.last_seen_at - began.last_seen_at > DEVICE_SEEN_NOTED_EVERY
    assert (used.created_at, used.user_agent) == (began.created_at, CHROME[:200])
    assert used.ip == "127.0.0.1", "a header that no proxy of ours wrote says nothing"

    browser.post("/accounts/logout/")
    browser.get("/")
    assert Client().get("/wallet").status_code == 302
    assert UserSession.objects.count() == 1, "the hourly sweep takes what was signed out"


def test_somebody_sees_their_devices_and_signs_the_others_out() -> None:
    open_customer("alice")
    lost, at_home = signed_in(CHROME), signed_in(FIREFOX)
    assert lost.get("/wallet").status_code == 200
    text = at_home.get("/accounts/sessions/").content.decode()
    assert text.index("Firefox 140 on Linux") < text.index("Chrome Mobile 139 on Android 15")
    assert not [key for key in UserSession.objects.values_list("session_key", flat=True) if key in text]

    at_home.post("/accounts/sessions/")
    assert lost.get("/wallet").status_code == 302
    assert at_home.get("/wallet").status_code == 200
    assert UserSession.objects.get().user_agent == FIREFOX


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox 140 on Linux"),
        (CHROME[:200], "Chrome Mobile 139 on Android 15"),
        (IPHONE, "Mobile Safari 18 on iOS 18"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux"),
        ("Something of our own", "Something of our own"),
        ("<script>", "<script>"),
        ("", "Unnamed"),
    ],
)
def test_a_device_is_called_by_browser_and_system_or_by_what_it_says(said: str, words: str) -> None:
    assert device_words(said) == words


def test_one_device_more_than_at_once_ends_the_one_that_was_used_longest_ago(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("identity.services.devices.DEVICES_AT_ONCE_MAX", 2)
    open_customer("alice")
    bobs = device_of(open_customer("bob"))
    first, forgotten = signed_in(FIREFOX), signed_in(CHROME)
    UserSession.objects.filter(user_agent=CHROME[:200]).update(last_seen_at=BEGAN)
    last = signed_in(FIREFOX)
    assert [each.get("/wallet").status_code for each in (first, forgotten, last)] == [200, 302, 200]
    assert UserSession.objects.exclude(pk=bobs.pk).count() == 2
    assert UserSession.objects.filter(pk=bobs.pk).exists()


def test_staff_see_a_customers_devices_newest_first_and_not_what_opens_them(
    staff: SignedIn, superuser: Client
) -> None:
    alice = open_customer("alice")
    page = f"/admin/customers/{alice.id}/"
    assert "None: nobody is signed in here as this person." in superuser.get(page).content.decode()

    for number in range(DEVICES_SHOWN + 2):
        seen_at = BEGAN + timedelta(hours=number)
        device_of(alice, user_agent=f"Browser {number}", last_seen_at=seen_at, session_key=f"secret-{number}")
    (panel,) = [
        section
        for section in superuser.get(page).context["sections"]
        if section.title == "Devices of sign-in"
    ]
    assert [row[1:] for row in panel.table["rows"]][:2] == [
        ["198.51.100.7", "2026-03-01 12:00", "2026-03-01 23:00"],
        ["198.51.100.7", "2026-03-01 12:00", "2026-03-01 22:00"],
    ]
    assert len(panel.table["rows"]) == DEVICES_SHOWN
    device = UserSession.objects.earliest("pk")
    for path in (
        page,
        url("usersessions.UserSession", "changelist"),
        url("usersessions.UserSession", "change", device.pk),
    ):
        text = superuser.get(path).content.decode()
        assert "Browser" in text, path
        assert "secret-" not in text, path
    found = superuser.get(url("usersessions.UserSession", "changelist"), {"q": "secret-1"})
    assert found.context["cl"].result_count == 0

    erin = staff("identity.view_user", name="erin")
    assert "Browser" not in erin.get(page).content.decode()
