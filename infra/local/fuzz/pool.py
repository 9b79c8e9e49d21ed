"""What is known to be there: ids by kind and by the area of the API that told of them.

Areas are `admin`, `vendor`, `market` and `shop`: a cart of the market's is nothing in a shop, and another vendor's product nothing to
this one. What was made lately is kept apart from what was only seen, because carts are checked out, products archived and shipments sent:
the newest things are those that most can still be done with.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from random import Random
from typing import Any

ID = re.compile(r"(prd|var|crt|itm|ord|shp|imp|stg|med|upl|ven|cus)_[0-9A-HJKMNP-TV-Z]{26}")
MADE, SEEN = 24, 200
# Out of so many, how often a thing is taken that was made lately, and one of its own area.
LATELY, OWN = 0.75, 0.88


class Pool:
    """Real ids, and what belongs to them."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=MADE))
        self._seen: dict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=SEEN))
        self._cursors: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=10))
        self.lines: dict[str, list[str]] = {}
        self.variants: dict[str, list[str]] = {}
        self.tokens: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.categories: list[str] = []
        self.invitations: deque[str] = deque(maxlen=4)

    def learn(self, area: str, answer: Any, made: bool, listed_by: str | None = None) -> None:
        """Remembers what an answer names; `made` says that it was just made. A list's cursor belongs to the operation that gave it."""
        if isinstance(answer, dict) and listed_by and isinstance(answer.get("next_cursor"), str):
            self._cursors[listed_by].append(answer["next_cursor"])
        self._walk(area, answer, made)

    def _walk(self, area: str, at: Any, made: bool) -> None:
        if isinstance(at, dict):
            self._note(at)
            for value in at.values():
                self._walk(area, value, made)
        elif isinstance(at, list):
            for value in at:
                self._walk(area, value, made)
        elif isinstance(at, str) and (found := ID.fullmatch(at)):
            kept = (self._made if made else self._seen)[area, found.group(1)]
            if at not in kept:
                kept.append(at)

    def _note(self, thing: dict[str, Any]) -> None:
        identity = thing.get("id")
        if not isinstance(identity, str):
            return
        for name, kept in (("items", self.lines), ("variants", self.variants)):
            if isinstance(thing.get(name), list):
                kept[identity] = [part["id"] for part in thing[name] if isinstance(part, dict) and "id" in part]
        if identity.startswith("ord_") and isinstance(thing.get("token"), str):
            self.tokens[identity] = thing["token"]
        if isinstance(thing.get("version"), int):
            self.versions[identity] = thing["version"]

    def pick(self, random: Random, area: str, kind: str) -> str | None:
        """Some real id of the kind: mostly one of the area's own, and one that was made lately."""
        own = [area] if random.random() < OWN else ["vendor", "market", "shop", "admin"]
        kept = [self._made, self._seen] if random.random() < LATELY else [self._seen, self._made]
        for store in kept:
            found = [one for place in own for one in store[place, kind]]
            if found:
                return random.choice(found)
        return None

    def cursor(self, random: Random, listed_by: str) -> str | None:
        """A cursor that this operation gave."""
        kept = self._cursors[listed_by]
        return random.choice(kept) if kept else None
