"""Who calls, and by which log-in.

A log-in that a call has ended (by logging out, say) is opened anew when it is next needed, so that no call can ruin the run. Wrong
passwords lock an address for minutes: they are tried on a customer that is there for nothing else, never on those whose log-ins are used.
"""

from __future__ import annotations

import secrets
from random import Random

from demo_market import VENDORS
from settings import VENDOR_PASSWORD, Failure
from shop_client import Client

PASSWORD = "a customer's passphrase"
# The shop whose owner calls, whose channel the shops' routes are called in, and another shop.
SHOP, OTHER_SHOP = VENDORS[0], VENDORS[1]
MARKET, CHANNEL = "/public/market", f"/public/vendors/{SHOP.slug}"
# Whose log-in is tried where it must not work.
STRANGERS = {
    "vendor": ("other", "admin", "market"), "admin": ("vendor", "market"), "market": ("shop", "vendor"), "shop": ("market", "admin"),
}


class People:
    """The log-ins of a run: `admin`, `vendor`, `other` (another vendor), `market` and `shop` (customers)."""

    def __init__(self, described: dict[str, str]) -> None:
        self._api = described["api_url"]
        # Tells this run's things from those of another on the same stack.
        self.run = run = secrets.token_hex(4)
        self._accounts = {
            "admin": ("/admin/auth/login", described["admin_email"], described["admin_password"]),
            "vendor": ("/vendor/auth/login", SHOP.email, VENDOR_PASSWORD),
            "other": ("/vendor/auth/login", OTHER_SHOP.email, VENDOR_PASSWORD),
            "market": (f"{MARKET}/customers/login", f"ada-{run}@example.org", PASSWORD),
            "shop": (f"{CHANNEL}/customers/login", f"bob-{run}@example.org", PASSWORD),
        }
        self.locked_out = f"eve-{run}@example.org"
        for path, email in ((MARKET, "market"), (CHANNEL, "shop")):
            for address in (self._accounts[email][1], self.locked_out):
                Client(self._api).call("POST", f"{path}/customers/register", {"email": address, "password": PASSWORD})
        self._tokens: dict[str, str] = {}

    def client(self, who: str) -> Client:
        """A client that is logged in."""
        client = Client(self._api)
        client.token = self.token(who)
        return client

    def token(self, who: str) -> str:
        """A token that worked when it was last used."""
        if who not in self._tokens:
            path, email, password = self._accounts[who]
            client = Client(self._api)
            if not client.log_in(path, email, password):
                raise Failure(f"{email} cannot log in any more")
            self._tokens[who] = client.token or ""
        return self._tokens[who]

    def forget(self, who: str) -> None:
        """The token does not work any more."""
        self._tokens.pop(who, None)

    def account(self, area: str) -> tuple[str, str]:
        """The address and the password of whom an area's log-in knows."""
        return self._accounts[area][1:]

    def caller(self, random: Random, area: str, owner: str | None) -> str | None:
        """Who makes the next call in an area: mostly one who may, and whose the thing is that it names. None is nobody."""
        chance = random.random()
        if chance < 0.04:
            return random.choice(STRANGERS[area])
        if area in ("admin", "vendor"):
            return area if chance < 0.96 else None
        return owner if chance < 0.9 else area if chance < 0.95 else None
