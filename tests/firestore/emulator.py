"""Speaks REST to Google's emulator as a customer's app would, with unsigned tokens and the real rules."""

import base64
import http.client
import json
import os
import uuid
from functools import cache
from pathlib import Path
from typing import Any

RULES = Path(__file__).resolve().parents[2] / "firestore.rules"
SERVER = "owner"  # the emulator's name for a service account, which the rules do not bind
SECONDS_MAX = 60
OK, DENIED = 200, 403
Content = dict[str, Any]
Write = dict[str, Any]


def token(uid: str, **claims: Any) -> str:
    """An unsigned Firebase ID token."""
    header, payload = {"alg": "none", "type": "JWT"}, {"sub": uid, "user_id": uid, "iat": 0, **claims}
    return ".".join([*(_encoded(part) for part in (header, payload)), ""])


def _encoded(content: Content) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def value(content: Any) -> Content:
    """A value as REST writes it."""
    match content:
        case None:
            return {"nullValue": None}
        case bool():
            return {"booleanValue": content}
        case int():
            return {"integerValue": str(content)}
        case dict():
            return {"mapValue": fields(content)}
        case _:
            return {"stringValue": content}


def fields(content: Content) -> Content:
    """A document's fields as REST writes them."""
    return {"fields": {name: value(item) for name, item in content.items()}}


@cache
def connection() -> http.client.HTTPConnection:
    """One connection for the whole process: a new one for each request costs as much as the request."""
    return http.client.HTTPConnection(os.environ["FIRESTORE_EMULATOR_HOST"], timeout=SECONDS_MAX)


class Project:
    """One project of the emulator, under the repository's rules or a variation of them."""

    def __init__(self, rules: str = "") -> None:
        self.id = f"demo-rules-{uuid.uuid4().hex[:8]}"
        self.root = f"projects/{self.id}/databases/(default)/documents"
        source = {"files": [{"name": "firestore.rules", "content": rules or RULES.read_text()}]}
        status, answer = self._call(
            "PUT", f"/emulator/v1/projects/{self.id}:securityRules", {"rules": source}
        )
        assert status == OK, answer

    def _call(self, method: str, path: str, body: Any = None, auth: str | None = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {auth}"} if auth else {})
        connection().request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection().getresponse()
        text = answer.read()
        return answer.status, json.loads(text or b"null") if answer.status == OK else text.decode()

    def _post(self, verb: str, body: Any, auth: str | None) -> tuple[int, Any]:
        return self._call("POST", f"/v1/{self.root}:{verb}", body, auth)

    def name(self, path: str) -> str:
        return f"{self.root}/{path}"

    # Reading; each answers the status

    def get(self, path: str, auth: str | None) -> int:
        return self._call("GET", f"/v1/{self.name(path)}", auth=auth)[0]

    def batch_get(self, paths: list[str], auth: str | None, transaction: str = "") -> int:
        body = {"documents": [self.name(path) for path in paths]}
        return self._post("batchGet", body | ({"transaction": transaction} if transaction else {}), auth)[0]

    def browse(self, collection: str, auth: str | None) -> int:
        """List a collection without a query."""
        return self._call("GET", f"/v1/{self.name(collection)}", auth=auth)[0]

    def query(self, query: Content, auth: str | None) -> int:
        return self._post("runQuery", {"structuredQuery": query}, auth)[0]

    def count(self, query: Content, auth: str | None) -> int:
        asked = {"structuredQuery": query, "aggregations": [{"alias": "n", "count": {}}]}
        return self._post("runAggregationQuery", {"structuredAggregationQuery": asked}, auth)[0]

    # What the server sees

    def content(self, path: str) -> Any:
        """The document; None when it is not there."""
        status, answer = self._call("GET", f"/v1/{self.name(path)}", auth=SERVER)
        return answer.get("fields", {}) if status == OK else None

    def everything(self) -> dict[str, Content]:
        """All documents, by their names."""
        query = {"structuredQuery": {"from": [{"allDescendants": True}]}}
        found = [row["document"] for row in self._post("runQuery", query, SERVER)[1] if "document" in row]
        return {document["name"]: document.get("fields", {}) for document in found}

    def seed(self, documents: dict[str, Content]) -> None:
        """Write documents as the server does."""
        writes = [self.set(path, content) for path, content in documents.items()]
        assert self.commit(writes, SERVER) == OK

    def clear(self) -> None:
        """Forget every document."""
        path = f"/emulator/v1/projects/{self.id}/databases/(default)/documents"
        assert self._call("DELETE", path, auth=SERVER)[0] == OK

    # Writing; each answers the status

    def commit(self, writes: list[Write], auth: str | None, transaction: str = "") -> int:
        body: Content = {"writes": writes} | ({"transaction": transaction} if transaction else {})
        return self._post("commit", body, auth)[0]

    def batch_write(self, writes: list[Write], auth: str | None) -> int:
        """Each write by itself; OK where any of them was taken."""
        status, answer = self._post("batchWrite", {"writes": writes}, auth)
        if status != OK:
            return status
        return OK if any(not each.get("code") for each in answer["status"]) else DENIED

    def in_transaction(self, path: str, writes: list[Write], auth: str | None) -> int:
        """Read a document and write in one transaction, as the client libraries do."""
        status, answer = self._post("beginTransaction", {"options": {"readWrite": {}}}, auth)
        if status != OK:
            return status
        self.batch_get([path], auth, answer["transaction"])
        status = self.commit(writes, auth, answer["transaction"])
        if status != OK:
            self._post("rollback", {"transaction": answer["transaction"]}, auth)
        return status

    # Writes, as a commit takes them

    def set(self, path: str, content: Content) -> Write:
        return {"update": {"name": self.name(path), **fields(content)}}

    def create(self, path: str, content: Content) -> Write:
        return {**self.set(path, content), "currentDocument": {"exists": False}}

    def merge(self, path: str, content: Content, mask: list[str] | None = None) -> Write:
        return {**self.set(path, content), "updateMask": {"fieldPaths": mask or list(content)}}

    def delete(self, path: str) -> Write:
        return {"delete": self.name(path)}

    def transform(self, path: str, field: str, **operation: Any) -> Write:
        change = {"fieldPath": field, **operation}
        return {"transform": {"document": self.name(path), "fieldTransforms": [change]}}


def collection_query(collection: str, *, everywhere: bool = False, user_id: str = "") -> Content:
    """A query of a collection, or with `everywhere` of the collection group of that name; for one user's rows."""
    query: Content = {"from": [{"collectionId": collection, "allDescendants": everywhere}]}
    field = {"field": {"fieldPath": "userId"}, "op": "EQUAL", "value": value(user_id)}
    return query | ({"where": {"fieldFilter": field}} if user_id else {})
