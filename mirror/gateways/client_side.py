"""Firestore as a customer's app meets it: over REST, with a customer's token or none, bound by the rules."""

from http import HTTPStatus
from typing import Any

import requests
from django.conf import settings

from mirror import limits
from mirror.errors import RulesUnknown

FIRESTORE_URL = "https://firestore.googleapis.com"


def may(method: str, path: str, *, token: str, fields: dict[str, Any] | None = None) -> bool:
    """Whether the rules let the bearer of `token` (empty: a stranger) do this to a document.

    What is allowed is done.

    :raises RulesUnknown: `rules_unknown`: nobody answered, or without saying so.
    """
    database = f"projects/{settings.GOOGLE_CLOUD_PROJECT}/databases/{settings.FIRESTORE_DATABASE}"
    try:
        answer = requests.request(
            method,
            f"{_base()}/v1/{database}/documents/{path}",
            params={"updateMask.fieldPaths": list(fields)} if fields else None,
            json={"fields": fields} if fields else None,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=limits.RULES_ANSWER_SECONDS_MAX,
        )
    except requests.RequestException as error:
        raise RulesUnknown(f"No answer about {path}: {type(error).__name__}.") from error
    if answer.status_code == HTTPStatus.FORBIDDEN:
        return False
    # What is allowed and does not exist is not found.
    if answer.status_code in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
        return True
    raise RulesUnknown(f"{method} {path} is answered {answer.status_code}.")


def _base() -> str:
    emulator = settings.FIRESTORE_EMULATOR_HOST
    return f"http://{emulator}" if emulator else FIRESTORE_URL
