"""What gunicorn serves for the peer: as `config.wsgi`, plus the credit, plus Stripe's answers from memory.

The credit is the product's own settlement, called from dj-stripe's own event handler inside the view's transaction;
the worker is woken after the commit, as the product does it.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config import env

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.peer.settings"
env.declare(env.Process.WEB)

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the settings depend on what was declared

application = get_wsgi_application()

import stripe  # noqa: E402 - dj-stripe has set it up by now
from django.utils import timezone  # noqa: E402 - needs the settings
from djstripe.event_handlers import djstripe_receiver  # noqa: E402 - needs the apps
from djstripe.models import Event  # noqa: E402 - needs the apps

from foundation.waker import wake  # noqa: E402 - needs the settings
from payments.gateways.stripe_api import session_facts  # noqa: E402 - needs the apps
from payments.kinds import Outcome  # noqa: E402 - needs the apps
from payments.services.settlement import settle_purchase  # noqa: E402 - needs the apps
from tests.bench.stripe_words import StripeWords  # noqa: E402 - beside the others

WORDS = StripeWords.read(Path(os.environ["BENCH_STRIPE_WORDS"]))
DELAY_SECONDS = float(os.environ["BENCH_STRIPE_DELAY_SECONDS"])


class CannedStripe(stripe.HTTPClient):
    """Stripe at the other end of a wire that only takes time."""

    name = "canned"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Answer from memory after the delay."""
        assert method == "get", (method, url)
        if DELAY_SECONDS:
            time.sleep(DELAY_SECONDS)
        return WORDS.answer(urlsplit(url).path).decode(), 200, {"request-id": "req_bench"}

    def close(self) -> None:
        """Nothing is open."""


stripe.default_http_client = CannedStripe()


@djstripe_receiver("checkout.session.completed")  # type: ignore[untyped-decorator]
def credit(sender: type[Event], event: Event, **_: object) -> None:
    """Settle the purchase that the session pays."""
    outcome = settle_purchase(session=session_facts(event.data["object"]), now=timezone.now())
    assert outcome is Outcome.SETTLED, outcome
    wake("mirror.deliver")
