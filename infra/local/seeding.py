"""Makes the demo market through the API, as people would, and makes nothing twice.

What is there already is found by its natural name (a vendor's slug, a product's SKU) and left alone; what an interrupted run
left half made is finished.
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

from demo_market import VENDORS, Item, Vendor
from pictures import picture
from settings import VENDOR_PASSWORD, Failure, say
from shop_client import Client, mails, send, wait_for

TOKEN = re.compile(r"token=([A-Za-z0-9_.~-]+)")
ACCOUNT = re.compile(r"acct_[A-Za-z0-9]+")


def log_ins() -> list[tuple[str, str]]:
    """Each demo vendor's slug and its owner's address."""
    return [(vendor.slug, vendor.email) for vendor in VENDORS]


def seed(described: dict[str, str]) -> None:
    """Makes what is missing."""
    began = time.monotonic()
    admin = Client(described["api_url"])
    if not admin.log_in("/admin/auth/login", described["admin_email"], described["admin_password"]):
        raise Failure("the admin cannot log in: has its password been changed? `make down` and `make up` start afresh")
    there = {vendor["slug"]: vendor for vendor in admin.all("/admin/vendors")}
    for vendor in VENDORS:
        if vendor.slug not in there:
            admin.call("POST", "/admin/vendors", {
                "name": vendor.name, "slug": vendor.slug, "owner_email": vendor.email, "country": "LU", "currency": "EUR",
            })
    with ThreadPoolExecutor(len(VENDORS)) as pool:
        made = sum(pool.map(lambda vendor: _stock_shop(described, vendor), VENDORS))
    if made:
        say(f"seeded the demo market: {made} products in {len(VENDORS)} shops ({time.monotonic() - began:.1f} s)")


def _enter(described: dict[str, str], vendor: Vendor) -> Client:
    """A session of the shop's owner, who activates the account by the link in the mail if that is still to be done."""
    client = Client(described["api_url"])
    if client.log_in("/vendor/auth/login", vendor.email, VENDOR_PASSWORD):
        return client

    def token() -> str | None:
        for mail in reversed(mails(described["mail_url"], vendor.email)):
            found = TOKEN.search(f"{mail['BodyText']} {mail.get('BodyHtml') or ''}")
            if found:
                return found.group(1)
        return None

    link = wait_for(f"the welcome mail to {vendor.email}", 60, token)
    client.call("POST", "/vendor/auth/activate", {
        "token": link, "password": VENDOR_PASSWORD, "name": vendor.email.split("@")[0].title(),
    })
    if not client.log_in("/vendor/auth/login", vendor.email, VENDOR_PASSWORD):
        raise Failure(f"{vendor.email} cannot log in after activation")
    return client


def _get_ready(described: dict[str, str], client: Client) -> None:
    """Opens the shop's account at Stripe and plays its owner there, who tells all that Stripe has to know."""
    if client.call("GET", "/vendor/payments/config")["accepts_payments"]:
        return
    page = "http://localhost:3001/payments"
    form = client.call("POST", "/vendor/payments/setup", {"return_url": page, "refresh_url": page})
    account = ACCOUNT.search(form["url"])
    if not account:
        raise Failure("Stripe's form names no account")
    send("POST", f"{described['stripe_api_url']}/_test/accounts/{account.group()}/complete", b"{}", {"Content-Type": "application/json"})
    # Who looks is told by Stripe itself, though the webhook is still under way.
    if not client.call("GET", "/vendor/payments/config")["accepts_payments"]:
        raise Failure("Stripe does not pay a demo vendor")


def _stock_shop(described: dict[str, str], vendor: Vendor) -> int:
    """Fills one shop; answers how many products were made."""
    client = _enter(described, vendor)
    _get_ready(described, client)
    there = {product["sku"]: product["id"] for product in client.all("/vendor/products")}
    made, uploads = 0, []
    for item in vendor.items:
        if item.sku in there:
            product = client.call("GET", f"/vendor/products/{there[item.sku]}")
        else:
            product = client.call("POST", "/vendor/products", _product(item))
            made += 1
        for variant in product["variants"]:
            level = client.call("GET", f"/vendor/inventory/stock/{variant['id']}")
            # A level that was ever set has another version than a new one, and is its owner's business.
            if item.sku not in there or (level["on_hand"] == 0 and level["version"] == 0):
                client.call("PUT", "/vendor/inventory/stock", {"variant_id": variant["id"], "on_hand": item.stock})
        if not product.get("media"):
            uploads.append(_upload(client, product["id"], item.sku))
    for media in uploads:
        _wait_ready(client, media)
    return made


def _product(item: Item) -> dict:
    price = {"amount": item.price, "currency": "EUR"}
    body = {
        "sku": item.sku, "title": item.title, "description": item.description, "category": item.category,
        "price": price, "tax_rate": item.tax_rate, "status": "published",
    }
    if item.values:
        body["variants"] = [
            {"sku": f"{item.sku}-{number}", "options": {item.option: value}} for number, value in enumerate(item.values, 1)
        ]
    return body


def _upload(client: Client, product: str, name: str) -> str:
    """Uploads a picture by the presigned request that the API hands out; answers the medium's id."""
    data = picture(name)
    media = client.call("POST", "/vendor/media", {
        "product_id": product, "filename": f"{name.lower()}.png", "content_type": "image/png", "content_length": len(data),
    })
    upload = media["upload"]
    send(upload["method"], upload["url"], data, upload["headers"])
    return media["id"]


def _wait_ready(client: Client, media: str) -> None:
    """Waits for a picture's variants."""
    def status() -> dict | None:
        found = client.call("GET", f"/vendor/media/{media}")
        return found if found["status"] != "pending" else None

    found = wait_for(f"the variants of {media}", 120, status)
    if found["status"] != "ready":
        raise Failure(f"{media} was {found['status']}: {found.get('reason')}")
