"""Makes things that calls can name, through the API itself: goods, carts, orders, a feed, an invitation.

Made before the first call and again before each round, for the calls between use them up: carts are checked out, products archived,
shipments sent, and the way goods are sent is changed under them.
"""

from __future__ import annotations

import base64
import re
import time
import urllib.parse
from contextlib import suppress
from typing import Any

from people import CHANNEL, MARKET, People
from pool import Pool
from settings import Failure, say
from shop_client import Client, Refused, mails, send, wait_for

INVITATION = re.compile(r"token=([A-Za-z0-9_.~-]+)")
PURCHASE = {
    "email": "ada@example.org",
    "shipping_address": {
        "name": "Ada Lovelace", "line1": "1 Rue du Marché", "city": "Luxembourg", "postal_code": "1728", "country": "LU",
    },
}
ROWS = 8


def feed(name: str) -> bytes:
    """A feed whose rows no feed before had, one of them without a price."""
    rows = [f"{name}-{row},Row {row},As it stands in the feed,{row}.90,Kitchen,in stock,{row},https://shop.example.com/p/{row}"
            for row in range(1, ROWS + 1)]
    header = "id,title,description,price,product_type,availability,quantity,link"
    return "\n".join([header, *rows, f"{name}-0,Row without a price,,none,Kitchen,in stock,1,", ""]).encode()


class Market:
    """The demo market, with what a run adds to it."""

    def __init__(self, described: dict[str, str], people: People, pool: Pool) -> None:
        self._described, self._people, self._pool = described, people, pool
        self._round = 0

    def look(self) -> None:
        """Learns what the demo market has already."""
        vendor, admin, guest = self._people.client("vendor"), self._people.client("admin"), Client(self._described["api_url"])
        for area, client, paths in (
            ("vendor", vendor, ("/vendor/products", "/vendor/shipments", "/vendor/marketplace/imports")),
            ("admin", admin, ("/admin/vendors", "/admin/products", "/admin/orders", "/admin/shipments")),
            ("market", guest, (f"{MARKET}/products",)),
            ("shop", guest, (f"{CHANNEL}/products",)),
        ):
            for path in paths:
                self._pool.learn(area, client.call("GET", path, query={"limit": 50}), made=False)
        for category in guest.call("GET", f"{MARKET}/categories")["data"]:
            self._pool.categories += [category["key"], category["name"]]

    def refresh(self) -> None:
        """Makes a new set of everything. A part that is refused is left out: the calls in between may stand in its way."""
        self._round += 1
        self.mend()
        variants: list[str] = []
        for make in (lambda: variants.extend(self._goods()), lambda: self._sales(variants), self._feed, self._invite):
            try:
                make()
            except Refused as refused:
                say(f"left out of round {self._round}: {refused}")

    def mend(self) -> None:
        """Lets the shop send everywhere again, for without that nothing can be bought there."""
        with suppress(Refused):
            self._people.client("vendor").call("PUT", "/vendor/settings/shipping", {"zones": []})

    def _made(self, area: str, answer: Any, by: str | None = None) -> Any:
        self._pool.learn(area, answer, made=True, by=by)
        return answer

    def _goods(self) -> list[str]:
        """Three products for sale with a picture each, and a draft; answers the variants for sale."""
        vendor, variants = self._people.client("vendor"), []
        for number in range(4):
            product = self._made("vendor", vendor.call("POST", "/vendor/products", {
                "sku": f"FUZZ-{self._people.run}-{self._round}-{number}", "title": f"Thing {number}", "description": "Of this run.",
                "category": "Kitchen", "price": {"amount": 500 + number, "currency": "EUR"}, "tax_rate": 17,
                "status": "published" if number else "draft",
                "variants": [{"sku": f"FUZZ-{self._people.run}-{self._round}-{number}-{size}", "options": {"size": size}} for size in "SL"],
            }))
            self._made("vendor", vendor.call("POST", "/vendor/media", {
                "product_id": product["id"], "filename": "thing.png", "content_type": "image/png", "content_length": 1000,
            }))
            for variant in product["variants"]:
                vendor.call("PUT", "/vendor/inventory/stock", {"variant_id": variant["id"], "on_hand": 5000})
            if number:
                variants += [variant["id"] for variant in product["variants"]]
                for area in ("market", "shop"):
                    self._made(area, product)
        return variants

    def _sales(self, variants: list[str]) -> None:
        """Carts of guests and of customers, orders that wait for their money, and orders that are paid."""
        paid = []
        for area, channel in (("market", MARKET), ("shop", CHANNEL)):
            callers = {None: Client(self._described["api_url"]), area: self._people.client(area)}
            # Goods, an order, its money: how far each gets. A customer has one cart at a time, the next once that is paid.
            plans = ((area, 3), (area, 3), (area, 1), (None, 1), (None, 1), (None, 1), (None, 2), (None, 3), (None, 3))
            for number, (by, steps) in enumerate(plans):
                who = callers[by]
                cart = who.call("POST", f"{channel}/cart")
                if cart["status"] == "ACTIVE" and cart["items"]:
                    # What the calls before put there may not be for sale any more.
                    who.call("DELETE", f"{channel}/cart/{cart['id']}")
                    cart = who.call("POST", f"{channel}/cart")
                self._made(area, cart, by)
                if cart["status"] != "ACTIVE":
                    continue  # It waits for its money.
                path = f"{channel}/cart/{cart['id']}"
                for variant in variants[number % 3:number % 3 + 2]:
                    self._made(area, who.call("POST", f"{path}/items", {"variant_id": variant, "quantity": 2}), by)
                if steps > 1:
                    placed = self._made(area, who.call("POST", f"{path}/checkout", PURCHASE), by)
                if steps > 2:
                    self._pay(placed["payment"]["client_secret"].split("_secret")[0])
                    paid.append((who, f"{channel}/orders/{placed['order']['id']}?token={placed['order']['token']}"))
                    self._wait_confirmed(*paid[-1])
        page = self._people.client("vendor").call("GET", "/vendor/shipments", query={"limit": len(paid)})
        for area in ("vendor", "admin"):
            self._made(area, page)

    def _pay(self, intent: str) -> None:
        """Confirms a payment at the Stripe fake, as the buyer's browser would."""
        key = base64.b64encode(f"{self._described['stripe_api_key']}:".encode()).decode()
        form = urllib.parse.urlencode({"payment_method": "pm_card_visa"}).encode()
        headers = {"Authorization": f"Basic {key}", "Content-Type": "application/x-www-form-urlencoded"}
        send("POST", f"{self._described['stripe_api_url']}/v1/payment_intents/{intent}/confirm", form, headers)

    def _wait_confirmed(self, who: Client, path: str) -> None:
        """Waits until an order is confirmed, a while at most: shipments open then, and its cart is done."""
        deadline = time.monotonic() + 15
        while who.call("GET", path)["status"] in ("PENDING", "PAYMENT_PROCESSING", "PAID") and time.monotonic() < deadline:
            time.sleep(0.1)

    def _feed(self) -> None:
        """Uploads a feed, imports it, and learns the rows that came of it."""
        vendor, rows = self._people.client("vendor"), feed(f"FEED-{self._people.run}-{self._round}")
        wanted = {"filename": "feed.csv", "content_length": len(rows)}
        self._made("vendor", vendor.call("POST", "/vendor/marketplace/uploads", wanted))
        leave = self._made("vendor", vendor.call("POST", "/vendor/marketplace/uploads", wanted))
        send(leave["upload"]["method"], leave["upload"]["url"], rows, leave["upload"]["headers"])
        source = {"source": "upload", "upload_id": leave["upload_id"]}
        job = self._made("vendor", vendor.call("POST", "/vendor/marketplace/import", source))
        with suppress(Failure):
            wait_for("the import", 30, lambda: vendor.call(
                "GET", f"/vendor/marketplace/imports/{job['id']}",
            )["status"] not in ("pending", "running"))
        self._made("vendor", vendor.call("GET", f"/vendor/marketplace/imports/{job['id']}/products"))

    def _invite(self) -> None:
        """Makes a vendor and reads the invitation in its owner's mail."""
        email = f"owner-{self._people.run}-{self._round}@example.org"
        self._made("admin", self._people.client("admin").call("POST", "/admin/vendors", {
            "name": "Invited", "slug": f"fuzz-{self._people.run}-{self._round}", "owner_email": email, "country": "LU", "currency": "EUR",
        }))

        def token() -> str | None:
            found = [INVITATION.search(mail["BodyText"]) for mail in mails(self._described["mail_url"], email)]
            return next((one.group(1) for one in found if one), None)

        with suppress(Failure):
            self._pool.invitations.append(wait_for("an invitation", 20, token))
