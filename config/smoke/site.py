"""The site under test, as strangers and customers reach it: bounded requests, no redirects followed."""

from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings

from config import limits
from config.smoke.findings import NotAsItShould


class Site:
    """One address, and a browser's cookies."""

    def __init__(self, url: str) -> None:
        """Take an address such as https://tokens.example.com."""
        self.url = url.rstrip("/")
        self.is_secure = urlsplit(url).scheme == "https"
        self.host = urlsplit(url).hostname or ""
        self.port = urlsplit(url).port or (443 if self.is_secure else 80)
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "token-economy-smoke"

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Make a request; an absolute `path` may lead elsewhere.

        :raises NotAsItShould: nobody answered.
        """
        try:
            return self._session.request(
                method,
                urljoin(f"{self.url}/", path),
                timeout=limits.SMOKE_ANSWER_SECONDS_MAX,
                allow_redirects=False,
                **options,
            )
        except requests.RequestException as error:
            raise NotAsItShould(f"{method} {path}: no answer ({type(error).__name__})") from error

    def get(self, path: str, **options: Any) -> requests.Response:
        """Look at something."""
        return self.ask("GET", path, **options)

    def expect(self, status: int, method: str, path: str, **options: Any) -> requests.Response:
        """Make a request that must be answered so.

        :raises NotAsItShould: it was answered otherwise.
        """
        answer = self.ask(method, path, **options)
        if answer.status_code != status:
            raise NotAsItShould(f"{method} {path} is answered {answer.status_code}, not {status}")
        return answer

    def form_headers(self) -> dict[str, str]:
        """What a form of the site's sends along, against forgery; a page must have been looked at."""
        token = self._session.cookies.get(settings.CSRF_COOKIE_NAME) or ""
        return {"X-CSRFToken": token, "Referer": f"{self.url}/"}

    def close(self) -> None:
        """Leave."""
        self._session.close()
