"""Where a signing secret is handed to: Google's Secret Manager, or a file that its owner alone can read.

https://cloud.google.com/secret-manager/docs/reference/rest
"""

import base64
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

import google.auth
import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from payments.errors import SecretStoreUnavailable
from payments.limits import SECRET_STORE_SECONDS_MAX

SECRET_MANAGER = "https://secretmanager.googleapis.com/v1"  # noqa: S105 - an address
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class SecretStore(Protocol):
    """One secret: its value now, and the next one."""

    def read(self) -> str:
        """The newest value; empty where there is none yet.

        :raises SecretStoreUnavailable: `secret_store_unavailable`.
        """

    def write(self, value: str) -> None:
        """Have this be the newest value from now on.

        :raises SecretStoreUnavailable: `secret_store_unavailable`: it is not.
        """


@dataclass(frozen=True, slots=True)
class SecretManager:
    """A secret of Google's Secret Manager that exists, with the rights of the environment's service account."""

    project: str
    secret: str

    def read(self) -> str:
        """The newest version's value; empty where there is no version."""
        answer = self._ask("GET", "versions/latest:access")
        return base64.b64decode(answer["payload"]["data"]).decode() if answer else ""

    def write(self, value: str) -> None:
        """Add a version."""
        payload = {"payload": {"data": base64.b64encode(value.encode()).decode()}}
        if not self._ask("POST", ":addVersion", payload):
            raise SecretStoreUnavailable(f"There is no secret {self.secret} in the project {self.project}.")

    def _ask(self, method: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask Google; nothing comes back for what is not there. An answer's text may hold a secret: it is not told."""
        path = f"projects/{self.project}/secrets/{self.secret}{what if what[0] == ':' else f'/{what}'}"
        try:
            credentials, _ = google.auth.default(scopes=[SCOPE])
            with AuthorizedSession(credentials) as session:  # type: ignore[no-untyped-call]
                answer = session.request(  # type: ignore[no-untyped-call]
                    method, f"{SECRET_MANAGER}/{path}", json=body, timeout=SECRET_STORE_SECONDS_MAX
                )
        except (GoogleAuthError, requests.RequestException) as error:
            raise SecretStoreUnavailable(
                f"Secret Manager cannot be reached: {type(error).__name__}."
            ) from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return {}
        if answer.status_code != HTTPStatus.OK:
            raise SecretStoreUnavailable(f"Secret Manager answered {answer.status_code} for {self.secret}.")
        read: dict[str, Any] = answer.json()
        return read


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that holds the value and nothing else."""

    path: Path

    def read(self) -> str:
        """What the file holds; empty where there is none."""
        try:
            return self.path.read_text().strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise SecretStoreUnavailable(f"{self.path} cannot be read.") from error

    def write(self, value: str) -> None:
        """Replace the file, whole or not at all; its owner alone can read it."""
        try:
            handle, temporary = tempfile.mkstemp(dir=self.path.parent)  # which gives nobody else a right
        except OSError as error:
            raise SecretStoreUnavailable(f"{self.path} cannot be written.") from error
        try:
            with os.fdopen(handle, "w") as file:
                file.write(f"{value}\n")
            Path(temporary).replace(self.path)
        except OSError as error:
            with suppress(OSError):
                Path(temporary).unlink()
            raise SecretStoreUnavailable(f"{self.path} cannot be written.") from error
