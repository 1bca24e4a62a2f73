"""How the campaign calls the product: as customers with Firebase's tokens, and as a service with its key."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.chaos import limits
from tests.chaos.told import Kind, Operation
from tests.support.google import unsigned_token

NO_ANSWER = 0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; status 0 where none came."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """A refusal's stable code."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Calls:
    """One service and any number of customers. Each call is a connection of its own."""

    def __init__(self, url: str, *, api_key: str, project: str) -> None:
        self._host = urlsplit(url).netloc
        self._service = f"Api-Key {api_key}"
        self._project = project

    def as_service(self, method: str, path: str, body: object = None, *, key: str = "") -> Answer:
        """Call as the service."""
        return self._call(method, path, body, self._service, key)

    def as_customer(self, user: str, method: str, path: str, body: object = None, *, key: str = "") -> Answer:
        """Call as the customer with this uid."""
        token = unsigned_token(self._project, user)
        return self._call(method, path, body, f"Bearer {token}", key)

    def _call(self, method: str, path: str, body: object, authorization: str, key: str) -> Answer:
        headers = {"Authorization": authorization, "Connection": "close"}
        if key:
            headers["Idempotency-Key"] = key
        content = None
        if body is not None:
            content = json.dumps(body)
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self._host, timeout=limits.CALL_SECONDS_MAX)
        try:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read() or b"null"))
        except (OSError, http.client.HTTPException, ValueError):
            return Answer(NO_ANSWER, None)
        finally:
            connection.close()


def send(calls: Calls, operation: Operation) -> Answer:
    """Ask for an operation, under its key."""
    asked = {
        "user": operation.user,
        "amount": operation.amount,
        "reason": "chaos",
        "reference": operation.key,
    }
    key, hold = operation.key, f"/api/tokens/holds/{operation.subject}"
    match operation.kind:
        case Kind.PURCHASE:
            body = {"package": operation.subject}
            return calls.as_customer(operation.user, "POST", "/api/tokens/purchases", body, key=key)
        case Kind.SPEND:
            return calls.as_service("POST", "/api/tokens/spend", asked, key=key)
        case Kind.GRANT:
            return calls.as_service("POST", "/api/tokens/grants", asked, key=key)
        case Kind.HOLD:
            return calls.as_service("POST", "/api/tokens/holds", asked, key=key)
        case Kind.CAPTURE:
            return calls.as_service("POST", f"{hold}/capture", {"amount": operation.amount}, key=key)
        case Kind.RELEASE:
            return calls.as_service("POST", f"{hold}/release", key=key)
