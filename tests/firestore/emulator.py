"""Speaks REST to Google's emulator as a customer's app would, with unsigned tokens and the real rules."""

import base64
import json
import os
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

RULES = Path(__file__).resolve().parents[2] / "firestore.rules"
SERVER = "owner"  # the emulator's name for a service account, which the rules do not bind
SECONDS_MAX = 20


def token(uid: str, **claims: Any) -> str:
    """An unsigned Firebase ID token."""
    header, payload = {"alg": "none", "type": "JWT"}, {"sub": uid, "user_id": uid, "iat": 0, **claims}
    return ".".join([*(_encoded(part) for part in (header, payload)), ""])


def _encoded(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def value(content: Any) -> dict[str, Any]:
    """A value as REST writes it."""
    match content:
        case bool():
            return {"booleanValue": content}
        case int():
            return {"integerValue": str(content)}
        case dict():
            return {"mapValue": fields(content)}
        case _:
            return {"stringValue": content}


def fields(content: dict[str, Any]) -> dict[str, Any]:
    """A document's fields as REST writes them."""
    return {"fields": {name: value(item) for name, item in content.items()}}


class Project:
    """One project of the emulator, under the repository's rules."""

    def __init__(self) -> None:
        self.id = f"demo-rules-{uuid.uuid4().hex[:8]}"
        self.root = f"projects/{self.id}/databases/(default)/documents"
        source = {"files": [{"name": "firestore.rules", "content": RULES.read_text()}]}
        status, answer = self._call(
            "PUT", f"/emulator/v1/projects/{self.id}:securityRules", {"rules": source}
        )
        assert status == 200, answer

    def _call(self, method: str, path: str, body: Any = None, auth: str | None = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://{os.environ['FIRESTORE_EMULATOR_HOST']}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                **({"Authorization": f"Bearer {auth}"} if auth else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def name(self, path: str) -> str:
        return f"{self.root}/{path}"

    def get(self, path: str, auth: str | None) -> int:
        return self._call("GET", f"/v1/{self.name(path)}", auth=auth)[0]

    def content(self, path: str) -> Any:
        """The document as the server sees it; None when it is not there."""
        status, answer = self._call("GET", f"/v1/{self.name(path)}", auth=SERVER)
        return answer.get("fields", {}) if status == 200 else None

    def seed(self, path: str, content: dict[str, Any]) -> None:
        assert self.commit([self.set(path, content)], SERVER) == 200

    def commit(self, writes: list[dict[str, Any]], auth: str | None) -> int:
        return self._call("POST", f"/v1/{self.root}:commit", {"writes": writes}, auth)[0]

    def batch_write(self, writes: list[dict[str, Any]], auth: str | None) -> int:
        """Each write by itself; the status of the first."""
        status, answer = self._call("POST", f"/v1/{self.root}:batchWrite", {"writes": writes}, auth)
        return status if status != 200 or not answer["status"][0].get("code") else 403

    def query(self, collection: str, where: tuple[str, str] | None, auth: str | None) -> tuple[int, int]:
        """The status, and how many documents were found."""
        query: dict[str, Any] = {"from": [{"collectionId": collection}]}
        if where:
            condition = {"field": {"fieldPath": where[0]}, "op": "EQUAL", "value": value(where[1])}
            query["where"] = {"fieldFilter": condition}
        status, answer = self._call("POST", f"/v1/{self.root}:runQuery", {"structuredQuery": query}, auth)
        return status, sum("document" in row for row in answer) if status == 200 else 0

    # Writes, as a commit takes them

    def set(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        return {"update": {"name": self.name(path), **fields(content)}}

    def merge(self, path: str, content: dict[str, Any], mask: list[str] | None = None) -> dict[str, Any]:
        return {**self.set(path, content), "updateMask": {"fieldPaths": mask or list(content)}}

    def delete(self, path: str) -> dict[str, Any]:
        return {"delete": self.name(path)}

    def transform(self, path: str, field: str, **operation: Any) -> dict[str, Any]:
        change = {"fieldPath": field, **operation}
        return {"transform": {"document": self.name(path), "fieldTransforms": [change]}}
