"""A small client of souk's own HTTP API; standard library only."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from settings import Failure


class Refused(Failure):
    """The API said no."""

    def __init__(self, method: str, url: str, status: int, text: str) -> None:
        super().__init__(f"{method} {url} answered {status}: {text[:400]}")
        self.status = status


class Client:
    """Calls the API, with a session once logged in."""

    def __init__(self, api_url: str) -> None:
        self.base = f"{api_url}/api/v1"
        self.token: str | None = None

    def call(self, method: str, path: str, body: dict | None = None, query: dict | None = None) -> Any:
        """One call; answers its JSON. Raises Refused on 4xx and 5xx."""
        url = self.base + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = {"Accept": "application/json"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return json.loads(send(method, url, data, headers) or b"null")

    def log_in(self, path: str, email: str, password: str) -> bool:
        """Opens a session; False when the credentials are refused."""
        try:
            self.token = self.call("POST", path, {"email": email, "password": password})["token"]
        except Refused as refused:
            if refused.status in (401, 403, 404):
                return False
            raise
        return True

    def all(self, path: str, query: dict | None = None) -> list[dict]:
        """Every page of a list."""
        found, cursor = [], None
        while True:
            page = self.call("GET", path, query={**(query or {}), "limit": 100, **({"cursor": cursor} if cursor else {})})
            found += page["data"]
            cursor = page.get("next_cursor")
            if not cursor:
                return found


def send(method: str, url: str, data: bytes | None, headers: dict[str, str]) -> bytes:
    """One HTTP exchange. Raises Refused on 4xx and 5xx, Failure when nobody answers."""
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(method, url, error.code, error.read().decode(errors="replace")) from None
    except OSError as error:
        raise Failure(f"{method} {url}: {error}") from None


def mails(mail_url: str, to: str) -> list[dict]:
    """The mails that the emulator holds for somebody, oldest first."""
    accounts = json.loads(send("GET", mail_url, None, {}))["messages"]
    return [mail for account in accounts.values() for mail in account if any(to in address for address in mail["To"])]


def wait_for(what: str, seconds: float, look: Any) -> Any:
    """Looks until there is something; fails by name when time runs out."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Failure(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.1)
