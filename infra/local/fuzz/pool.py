"""What is known to be there: ids by kind and by the area of the API that told of them.

Areas are `admin`, `vendor`, `market` and `shop`: a cart of the market's is nothing in a shop, and another vendor's product nothing to
this one. What was made lately is kept apart from what was only seen, and what is used up is passed over, because carts are checked out,
products archived and shipments sent: most can still be done with what is new.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from random import Random
from typing import Any

ID = re.compile(r"(prd|var|crt|itm|ord|shp|imp|stg|med|upl|ven|cus)_[0-9A-HJKMNP-TV-Z]{26}")
MADE, SEEN = 24, 200
# How often a thing is taken that was made lately, and one of its own area; how often a used one is put back for another.
LATELY, OWN, PUT_BACK = 0.75, 0.88, 0.8
USED = {"CHECKOUT", "COMPLETED", "EXPIRED", "DELIVERED", "CANCELLED", "completed", "completed_with_errors", "failed", "cancelled"}


class Pool:
    """Real ids, and what belongs to them."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=MADE))
        self._seen: dict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=SEEN))
        self._cursors: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=10))
        self.used: set[str] = set()
        # Whose a cart or an order is; None is a guest's.
        self.owners: dict[str, str | None] = {}
        self.lines: dict[str, list[str]] = {}
        self.variants: dict[str, list[str]] = {}
        self.tokens: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.categories: list[str] = []
        self.invitations: deque[str] = deque(maxlen=4)

    def learn(self, area: str, answer: Any, made: bool, by: str | None = None, listed_by: str | None = None) -> None:
        """Remembers what an answer names. `made` says that it was just made, `by` for whom; a list's cursor is for `listed_by` alone."""
        if isinstance(answer, dict) and listed_by and isinstance(answer.get("next_cursor"), str):
            self._cursors[listed_by].append(answer["next_cursor"])
        self._walk(area, answer, made, by)

    def _walk(self, area: str, at: Any, made: bool, by: str | None) -> None:
        if isinstance(at, dict):
            self._note(at, by)
            for value in at.values():
                self._walk(area, value, made, by)
        elif isinstance(at, list):
            for value in at:
                self._walk(area, value, made, by)
        elif isinstance(at, str) and (found := ID.fullmatch(at)):
            kept = (self._made if made else self._seen)[area, found.group(1)]
            if at not in kept:
                kept.append(at)

    def _note(self, thing: dict[str, Any], by: str | None) -> None:
        identity = thing.get("id")
        if not isinstance(identity, str):
            return
        for name, kept in (("items", self.lines), ("variants", self.variants)):
            if isinstance(thing.get(name), list):
                kept[identity] = [part["id"] for part in thing[name] if isinstance(part, dict) and "id" in part]
        if isinstance(thing.get("version"), int):
            self.versions[identity] = thing["version"]
        if thing.get("status") in USED:
            self.used.add(identity)
        if identity.startswith("ord_") and isinstance(thing.get("token"), str):
            self.tokens[identity], self.owners[identity] = thing["token"], by
        if identity.startswith("crt_"):
            self.owners[identity] = by if thing.get("customer_id") else None

    def pick(self, random: Random, area: str, kind: str) -> str | None:
        """Some real id of the kind: mostly one of the area's own, and one that was made lately and is not used up."""
        own = [area] if random.random() < OWN else ["vendor", "market", "shop", "admin"]
        kept = [self._made, self._seen] if random.random() < LATELY else [self._seen, self._made]
        for store in kept:
            found = [one for place in own for one in store[place, kind]]
            if found:
                fresh = [one for one in found if one not in self.used]
                return random.choice(fresh if fresh and random.random() < PUT_BACK else found)
        return None

    def cursor(self, random: Random, listed_by: str) -> str | None:
        """A cursor that this operation gave."""
        kept = self._cursors[listed_by]
        return random.choice(kept) if kept else None
