"""`manage.py setup_stripe_webhook`: one endpoint, the right events, and a secret that nobody sees."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from payments.gateways import stripe_endpoints
from payments.kinds import ENDPOINT_EVENTS, EndpointMark, WebhookEndpoint
from payments.services.events import HANDLERS
from sandbox.stripe.client import SandboxControls
from tests.support.google import FakeGoogle

CONTRACT = """
checkout.session.completed checkout.session.async_payment_succeeded checkout.session.async_payment_failed
checkout.session.expired refund.created refund.updated refund.failed charge.refunded charge.dispute.created
charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn charge.dispute.funds_reinstated
radar.early_fraud_warning.created payment_intent.payment_failed charge.succeeded
"""
URL = "https://tokens.example.com/api/stripe/webhook"
SECRET = re.compile(r"whsec_[A-Za-z0-9]+")


@pytest.fixture
def stripe() -> Iterator[SandboxControls]:
    controls = SandboxControls(settings.STRIPE_API_BASE)
    controls.reset()
    yield controls
    controls.stop_failing()


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "secret"


@pytest.fixture
def run(
    stripe: SandboxControls, kept: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Callable[..., str]:
    """Run the command with a file as the secret store; whatever happens, nobody sees a secret."""

    def called(*arguments: str, store: tuple[str, str] = ("--secret-file", str(kept))) -> str:
        try:
            call_command("setup_stripe_webhook", "--url", URL, *store, *arguments)
        finally:
            read = capsys.readouterr()
            written = read.out + read.err
            assert not SECRET.search(written + caplog.text)
        return written

    return called


def endpoints() -> list[WebhookEndpoint]:
    return stripe_endpoints.list_endpoints()


def secrets(kept: Path) -> list[str]:
    return kept.read_text().strip().split(",")


def test_we_ask_for_exactly_what_the_contract_names_and_handle_nothing_else():
    assert set(CONTRACT.split()) == ENDPOINT_EVENTS
    assert HANDLERS.keys() <= ENDPOINT_EVENTS


def test_the_endpoint_is_made_with_our_events_and_version_and_its_secret_kept(
    run: Callable[..., str], kept: Path
):
    assert "created" in run()

    (endpoint,) = endpoints()
    assert (endpoint.url, endpoint.events, endpoint.is_enabled) == (URL, ENDPOINT_EVENTS, True)
    assert (endpoint.api_version, endpoint.mark) == (settings.STRIPE_API_VERSION, EndpointMark.KEPT)
    (secret,) = secrets(kept)
    assert SECRET.fullmatch(secret)
    assert kept.stat().st_mode & 0o077 == 0


def test_running_it_again_changes_nothing(run: Callable[..., str], stripe: SandboxControls, kept: Path):
    run()
    before = endpoints(), kept.read_text()
    stripe.forget_requests()

    assert "as it was" in run()

    assert stripe.requests().by_path == {"GET /v1/webhook_endpoints": 1}
    assert (endpoints(), kept.read_text()) == before


def test_the_url_is_the_sites_own_where_none_is_said(stripe: SandboxControls, kept: Path):
    call_command("setup_stripe_webhook", "--secret-file", str(kept))
    assert [endpoint.url for endpoint in endpoints()] == [f"{settings.SITE_URL}/api/stripe/webhook"]


def test_an_endpoint_with_other_events_or_disabled_is_put_right(run: Callable[..., str], kept: Path):
    run()
    (endpoint,) = endpoints()
    stripe_endpoints.update_endpoint(endpoint.id, events=["charge.succeeded"], enabled=False)
    before = kept.read_text()

    assert "updated" in run()

    (after,) = endpoints()
    assert (after.id, after.events, after.is_enabled) == (endpoint.id, ENDPOINT_EVENTS, True)
    assert kept.read_text() == before


def test_the_endpoints_of_others_are_left_alone(run: Callable[..., str]):
    other, _ = stripe_endpoints.create_endpoint(url="https://other.example.com/", events=["charge.succeeded"])
    run()
    assert other in endpoints()


def test_an_endpoint_whose_secret_was_never_kept_is_replaced(run: Callable[..., str], kept: Path):
    """Somebody's power went between Stripe's answer and the secret store."""
    lost, _ = stripe_endpoints.create_endpoint(url=URL, events=ENDPOINT_EVENTS)

    assert "created" in run()

    (endpoint,) = endpoints()
    assert endpoint.id != lost.id
    assert secrets(kept)


def test_a_store_that_takes_no_secret_leaves_no_endpoint(run: Callable[..., str], kept: Path):
    with pytest.raises(CommandError, match="secret_store_unavailable"):
        run(store=("--secret-file", str(kept.parent / "not-there" / "secret")))
    assert endpoints() == []
    assert run()


def test_a_file_that_cannot_be_replaced_leaves_no_endpoint_and_no_rest(
    run: Callable[..., str], kept: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CommandError, match="cannot be written"):
        run()
    assert endpoints() == []
    assert list(kept.parent.iterdir()) == []


def test_what_cannot_be_read_is_told_before_stripe_is_asked(
    run: Callable[..., str], stripe: SandboxControls, kept: Path
):
    kept.mkdir()
    with pytest.raises(CommandError, match="cannot be read"):
        run()
    assert stripe.requests().total == 0


def test_while_stripe_fails_nothing_is_kept(run: Callable[..., str], stripe: SandboxControls, kept: Path):
    stripe.fail_next(10, status=500, path="/v1/webhook_endpoints*")
    with pytest.raises(CommandError, match="payments_unavailable"):
        run()
    assert not kept.exists()


def test_an_endpoint_made_by_hand_is_used_if_its_secret_is_kept(
    run: Callable[..., str], stripe: SandboxControls, kept: Path
):
    stripe.register_endpoint(URL, secret="whsec_" + "b" * 32)
    (by_hand,) = endpoints()
    with pytest.raises(CommandError, match="endpoint_not_ours"):
        run()

    kept.write_text("whsec_" + "b" * 32)
    assert "updated" in run()
    (endpoint,) = endpoints()
    assert (endpoint.id, endpoint.events) == (by_hand.id, ENDPOINT_EVENTS)


def test_an_endpoint_of_another_api_version_has_to_be_rotated(
    run: Callable[..., str], kept: Path, settings: Settings
):
    run()
    before = endpoints(), kept.read_text()
    settings.STRIPE_API_VERSION = "2030-01-01.next"

    with pytest.raises(CommandError, match="endpoint_not_ours"):
        run()

    assert (endpoints(), kept.read_text()) == before


def test_while_a_secret_is_rotated_both_are_kept_and_the_new_endpoint_is_silent(
    run: Callable[..., str], kept: Path
):
    run()
    (old,), (secret,) = endpoints(), secrets(kept)

    assert "begun" in run("--rotate")

    newer, older = endpoints()
    assert (older.id, older.is_enabled, newer.is_enabled) == (old.id, True, False)
    fresh, former = secrets(kept)
    assert former == secret != fresh
    for repeated in ("--rotate", None):
        assert re.search("begun before|as it was", run(*filter(None, [repeated])))
        assert (endpoints(), secrets(kept)) == ([newer, older], [fresh, former])

    assert "finished" in run("--finish")
    (left,) = endpoints()
    assert (left.id, left.is_enabled, left.events) == (newer.id, True, ENDPOINT_EVENTS)
    assert secrets(kept) == [fresh]
    assert "finished before" in run("--finish")


def test_a_rotation_that_is_interrupted_is_finished_by_the_next(
    run: Callable[..., str], stripe: SandboxControls, kept: Path
):
    run()
    run("--rotate")
    fresh = secrets(kept)[0]
    stripe.fail_next(2, status=500, method="DELETE")
    with pytest.raises(CommandError):
        run("--finish")
    stripe.stop_failing()

    run("--finish")

    assert secrets(kept) == [fresh]
    assert [endpoint.is_enabled for endpoint in endpoints()] == [True]


@pytest.mark.parametrize("step", ["--rotate", "--finish"])
def test_what_is_not_there_cannot_be_rotated(run: Callable[..., str], kept: Path, step: str):
    with pytest.raises(CommandError, match="no_rotation"):
        run(step)
    assert (endpoints(), kept.exists()) == ([], False)


class TestSecretManager:
    """The same with Google's Secret Manager as the store."""

    @pytest.fixture
    def google(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> Iterator[FakeGoogle]:
        settings.GOOGLE_CLOUD_PROJECT = "shop-1"
        google = FakeGoogle(tmp_path)
        for name, value in google.environment.items():
            monkeypatch.setenv(name, value)
        google.secrets["webhook"] = []
        yield google
        google.stop()

    def test_the_secret_becomes_its_newest_version(self, run: Callable[..., str], google: FakeGoogle):
        store = ("--secret", "webhook")

        run(store=store)
        run("--rotate", store=store)
        run("--finish", store=store)

        first, both, last = google.secrets["webhook"]
        assert both == f"{last},{first}"
        assert [endpoint.is_enabled for endpoint in endpoints()] == [True]
        assert "/v1/projects/shop-1/secrets/webhook:addVersion" in google.requests

    @pytest.mark.parametrize("answer", [(403, b"{}"), (500, b"whsec_notforyou")])
    def test_a_refusal_is_told_before_stripe_is_asked(
        self, run: Callable[..., str], google: FakeGoogle, answer: tuple[int, bytes]
    ):
        google.on_request = lambda: setattr(
            google, "answer_instead", answer if "secrets" in google.requests[-1] else None
        )
        with pytest.raises(CommandError, match=f"answered {answer[0]}"):
            run(store=("--secret", "webhook"))
        assert endpoints() == []

    def test_a_secret_that_does_not_exist_is_named(self, run: Callable[..., str], google: FakeGoogle):
        with pytest.raises(CommandError, match="no secret another"):
            run(store=("--secret", "another"))
        assert endpoints() == []

    def test_no_credentials_is_an_answer(
        self, run: Callable[..., str], google: FakeGoogle, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent")
        with pytest.raises(CommandError, match="cannot be reached"):
            run(store=("--secret", "webhook"))
