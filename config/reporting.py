"""Reports unforeseen errors to Sentry, where the operator named one."""

import sentry_sdk
from sentry_sdk.types import Event, Hint

from config.redaction import redact
from foundation.errors import Refusal


def start(*, dsn: str, environment: str) -> None:
    """Start reporting; nothing happens without a DSN."""
    if dsn:
        sentry_sdk.init(
            dsn=dsn,
            environment=environment,
            data_collection={
                "user_info": False,
                "cookies": {"mode": "off"},
                "http_headers": {"request": {"mode": "off"}},
                "http_bodies": [],
                "url_query_params": {"mode": "off"},
                "database_query_data": False,
                "queues": False,
                "stack_frame_variables": False,  # they hold keys and addresses
            },
            traces_sample_rate=0.0,
            before_send=clean,
        )


def clean(event: Event, hint: Hint) -> Event | None:
    """Drop refusals, which are answers, and take secrets and addresses out of the rest."""
    error = hint.get("exc_info", (None, None, None))[1]
    if isinstance(error, Refusal):
        return None
    cleaned: Event = redact(event)
    return cleaned
