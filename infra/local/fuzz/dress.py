"""Puts what is really there into a generated call, for nothing comes of calls that name nothing.

Each place that names a thing gets a real one more often than not; the rest stays as it was generated. **Invariant:** no call makes a
function reach beyond loopback: the address of a feed, which the import would fetch, is always one of this machine.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any
from urllib.parse import quote

from schemathesis import Case

from people import People
from pool import Pool

REAL = {"positive": 0.85, "negative": 0.7}
# What `{id}` stands for, by the segment before it; a feed's rows have an address that looks like a product's.
KINDS = {"cart": "crt", "products": "prd", "orders": "ord", "shipments": "shp", "imports": "imp", "media": "med", "vendors": "ven"}
PARAMETERS = {"variant_id": "var", "item_id": "itm"}
FIELDS = {"variant_id": "var", "product_id": "prd", "cart_id": "crt", "upload_id": "upl"}
ADDRESS = {"name": "Ada Lovelace", "line1": "1 Rue du Marché", "city": "Luxembourg", "postal_code": "1728", "country": "LU"}
# What stands in place of a log-in; nothing is one of them.
NO_LOG_INS = ["", "Bearer", "Bearer ", "Bearer x", "Bearer " + "0" * 43, "bearer \t", "Basic YTpi", "Digest", "\u00e9"]
BLANK = re.compile(r"[\x00-\x20]+")


def area(path: str) -> str:
    """Which part of the API a path is of; what is of none is called as the market is."""
    part = path.removeprefix("/api/v1/").split("/")
    return part[0] if part[0] in ("admin", "vendor") else "shop" if part[:2] == ["public", "vendors"] else "market"


def kind(path: str, parameter: str) -> str | None:
    """The kind of thing that a parameter of a path names."""
    if parameter in PARAMETERS:
        return PARAMETERS[parameter]
    before = path.split("/{" + parameter + "}")[0].split("/")
    return "stg" if before[-2:] == ["marketplace", "products"] else KINDS.get(before[-1])


class Dresser:
    """Dresses calls in what a pool knows."""

    def __init__(self, pool: Pool, people: People, slugs: list[str], loopback: str) -> None:
        self._pool, self._people, self._slugs, self._loopback = pool, people, slugs, loopback

    def _fresh(self, random: Random) -> str:
        """What no run before used, on a stack that lives longer than this one."""
        return f"{self._people.run}-{random.getrandbits(64):016x}"

    def dress(self, case: Case, mode: str, random: Random) -> str | None:
        """Changes the call in place; answers who makes it."""
        path, real = case.operation.path, REAL[mode]
        where = area(path)
        self._path(case, path, where, real, random)
        self._query(case, where, real, random)
        if isinstance(case.body, dict):
            self._fields(case.body, case, where, real, random)
        self._headers(case, random)
        named = case.path_parameters.get("id")
        owner = self._pool.owners[named] if named in self._pool.owners else random.choice([where, None])
        who = self._people.caller(random, where, owner)
        if who:
            case.headers["Authorization"] = f"Bearer {self._people.token(who)}"
        elif where not in ("market", "shop") or random.random() < 0.1:
            case.headers["Authorization"] = random.choice(NO_LOG_INS)
        if case.headers.get("Authorization") == "":
            del case.headers["Authorization"]
        return who

    def _path(self, case: Case, path: str, where: str, real: float, random: Random) -> None:
        parameters = case.path_parameters
        if "slug" in parameters and random.random() < 0.9:
            parameters["slug"] = self._slugs[0] if random.random() < 0.92 else random.choice(self._slugs)
        kinds = {name: sort for name in parameters if name != "slug" and (sort := kind(path, name))}
        if not kinds or random.random() >= real:
            return
        for name, sort in kinds.items():
            found = self._pool.pick(random, where, sort)
            if "item_id" in kinds and name == "id":
                # A cart that has something in it, if one is found, so that the line can be one of its own.
                found = next((cart for _ in range(5) if (cart := self._pool.pick(random, where, sort)) in self._pool.lines
                              and self._pool.lines[cart]), found)
            lines = self._pool.lines.get(parameters.get("id", "")) if name == "item_id" else None
            parameters[name] = random.choice(lines) if lines and random.random() < 0.9 else found or parameters[name]

    def _query(self, case: Case, where: str, real: float, random: Random) -> None:
        query = case.query
        if "cursor" in query:
            cursor = self._pool.cursor(random, case.operation.label)
            if cursor and random.random() < 0.5:
                query["cursor"] = cursor
            elif random.random() < 0.7:
                del query["cursor"]
        if "vendor" in query and random.random() < real:
            query["vendor"] = self._pool.pick(random, "admin", "ven") or query["vendor"]
        if "category" in query and self._pool.categories and random.random() < real:
            query["category"] = random.choice(self._pool.categories)
        token = self._pool.tokens.get(case.path_parameters.get("id"))
        if token and random.random() < real and case.operation.query.get("token"):
            query["token"] = token

    def _headers(self, case: Case, random: Random) -> None:
        headers = case.headers
        if "If-Match" in headers and random.random() < 0.75:
            named = case.path_parameters.get("id") or (isinstance(case.body, dict) and case.body.get("variant_id"))
            version = self._pool.versions.get(named) if isinstance(named, str) else None
            headers.pop("If-Match")
            if version is not None and random.random() < 0.6:
                headers["If-Match"] = f'"{version}"'
        if "Idempotency-Key" in headers and random.random() < 0.9:
            # A key that comes again is answered as the first time, or refused where the call is another.
            headers["Idempotency-Key"] = f"{self._people.run}-{random.randrange(8)}" if random.random() < 0.3 else self._fresh(random)

    def _fields(self, body: dict[str, Any], case: Case, where: str, real: float, random: Random) -> None:
        """The fields of a body, where they have the shape that a real value has."""
        for name, value in body.items():
            if name == "csv_url":
                body[name] = self._feed(value)
            elif isinstance(value, dict) and name == "shipping_address" and random.random() < real:
                body[name] = {**value, **ADDRESS} if random.random() < 0.2 else dict(ADDRESS)
            elif isinstance(value, dict):
                self._fields(value, case, where, real, random)
            elif isinstance(value, list) and name == "variants":
                self._variants(value, case, real, random)
            elif random.random() < real:
                body[name] = self._value(name, value, where, random)
        if isinstance(body.get("email"), str) and isinstance(body.get("password"), str):
            self._log_in(body, case.operation.path, where, random)

    def _value(self, name: str, value: Any, where: str, random: Random) -> Any:
        """A sensible value of a field, or the one that was generated."""
        if name in FIELDS and (isinstance(value, str) or value is None):
            return self._pool.pick(random, where, FIELDS[name]) or value
        if isinstance(value, str):
            if name == "token" and self._pool.invitations:
                return random.choice(self._pool.invitations)
            plain = "".join(character for character in value if character.isprintable()).strip()
            ours = {"currency": "EUR", "country": "LU", "gtin": "4006381333931", "owner_email": f"{self._fresh(random)}@example.org"}
            return ours.get(name, plain or value)
        if name == "tax_rate" and isinstance(value, (int, float)):
            return random.choice([0, 3, 8, 14, 17, 17.5])
        if name == "amount" and isinstance(value, int) and not isinstance(value, bool):
            return abs(value) % 200_000
        if name == "quantity" and isinstance(value, int) and not isinstance(value, bool) and value > 3:
            return random.choice([1, 2, 3, value])
        return value

    def _variants(self, variants: list[Any], case: Case, real: float, random: Random) -> None:
        own = self._pool.variants.get(case.path_parameters.get("id"), [])
        for number, variant in enumerate(variants):
            if not isinstance(variant, dict):
                continue
            if own and isinstance(variant.get("id"), str) and random.random() < real:
                variant["id"] = own[number % len(own)]
            for name in ("price", "options"):
                if isinstance(variant.get(name), dict) and "currency" in variant[name] and random.random() < real:
                    variant[name]["currency"] = "EUR"

    def _log_in(self, body: dict[str, Any], path: str, where: str, random: Random) -> None:
        if path.endswith("/login") and random.random() < 0.5:
            body["email"], body["password"] = self._people.account(where)
        elif where in ("market", "shop") and random.random() < 0.3:
            body["email"] = self._people.locked_out

    def _feed(self, value: Any) -> Any:
        """An address on this machine in place of any that might lead away; what is no address at all stays."""
        if not isinstance(value, str) or "http" not in BLANK.sub("", value).lower():
            return value
        return f"{self._loopback}/{quote(value, safe='')[:1500]}"
