"""How a test talks to a running sandbox: one request a control."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 130.0


class SandboxRefused(Exception):
    """The sandbox did not do what it was told; the message says why."""


class Caller:
    """Sends orders to one sandbox. `base_url` is what it printed as `STRIPE_API_BASE`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._host = urlsplit(self.base_url).netloc

    def _object(self, method: str, path: str, order: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = self._call(method, path, order)
        assert isinstance(answer, dict)
        return answer

    def _list(self, path: str, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        answer = self._call("POST", path, order)
        assert isinstance(answer, list)
        return answer

    def _call(self, method: str, path: str, order: Mapping[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_SECONDS)
        try:
            body = json.dumps(order or {})
            connection.request(method, f"/_sandbox{path}", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise SandboxRefused(answer["error"])
        return answer
