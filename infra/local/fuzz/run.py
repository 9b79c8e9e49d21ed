#!/usr/bin/env python3
"""`make fuzz`: calls every route of a running stack as docs/openapi.json has it, and fails on an answer that the document does not have.

Reads SOUK_STACK, the description of a stack; runs on the Python of .local/fuzz-tools. What it counted is left in a file, as
`cases=<n> failures=<n>`: the command that called it prints that last.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import seeding  # noqa: E402  (the folders have to be on the path first)
from answers import Answers  # noqa: E402
from dress import Dresser, area  # noqa: E402
from generated import EDGES, Generated  # noqa: E402
from market import Market  # noqa: E402
from people import People  # noqa: E402
from pool import Pool  # noqa: E402
from schemathesis import Case  # noqa: E402
from settings import ROOT, Failure, say  # noqa: E402

DOCUMENT = ROOT / "docs" / "openapi.json"
# Operations after which the shop may not send anywhere any more.
MENDED = "PUT /api/v1/vendor/settings/shipping"
# After so many calls things are made anew.
FRESH = 700
AHEAD = 64


class Run:
    """One run. Calls are sent one by one by a thread of their own, while the next are generated."""

    def __init__(self, described: dict[str, str], answers: Answers, cases: int, seed: int) -> None:
        self.answers, self._wanted = answers, cases
        self.generated = Generated(DOCUMENT, described["api_url"], seed)
        self._pool, self._people = Pool(), People(described)
        self._market = Market(described, self._people, self._pool)
        slugs, feed = [slug for slug, _ in seeding.log_ins()], f"{described['emulator_url']}/no-feed"
        self._dresser = Dresser(self._pool, self._people, slugs, feed)
        self._random = Random(seed)
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue(AHEAD)
        self._broken: BaseException | None = None
        self.asked = self._next = 0

    def __call__(self) -> None:
        """All of it."""
        sender = threading.Thread(target=self._send_all, daemon=True)
        sender.start()
        self._later(self._market.look)
        operations = self.generated.operations
        most = max(1, int(self._wanted * EDGES / len(operations)))
        for operation in self.generated.order(0):
            self._before()
            self._guarded(operation.label, lambda: [self._call(*edge) for edge in self.generated.edges(operation, most)])
            self._after(operation.label)
        say(f"{self.asked} calls at the edges of what the document says")
        turn = 0
        while self.asked < self._wanted:
            turn, before = turn + 1, self.asked
            left = self._wanted - self.asked
            rounds = self.generated.rounds(left)
            each = -(-left // (rounds * len(operations)))
            for operation in self.generated.order(turn):
                self._before()
                self._guarded(operation.label, lambda: self.generated.random(operation, each, turn, self._call))
                self._after(operation.label)
            say(f"round {turn}: {self.asked} calls made, {self.answers.cases} answered, {self.answers.failures} of them wrong")
            if self.asked == before:
                break
        self._work.put(None)
        sender.join()
        if self._broken:
            raise self._broken

    def _guarded(self, label: str, make: Callable[[], object]) -> None:
        """Goes on with the next operation where the tool cannot make calls of this one."""
        try:
            make()
        except Exception as error:  # noqa: BLE001  (whatever the tool's own defects raise)
            if self._broken:
                raise self._broken from None
            traceback.print_exc()
            self._later(partial(self.answers.broke, label, error))

    def _later(self, work: Callable[[], None]) -> None:
        """Puts work behind the calls that are made already."""
        if self._broken:
            raise self._broken
        self._work.put(work)

    def _send_all(self) -> None:
        while (work := self._work.get()) is not None:
            if self._broken:
                continue
            try:
                work()
            except BaseException as error:  # noqa: BLE001  (told by the other thread)
                self._broken = error

    def _call(self, case: Case, mode: str) -> None:
        if self.asked < self._wanted:
            self.asked += 1
            self._later(partial(self._send, case, mode))

    def _send(self, case: Case, mode: str) -> None:
        who = self._dresser.dress(case, mode, self._random)
        status, answer = self.answers.send(case)
        path, named, pool = case.operation.path, case.path_parameters.get("id"), self._pool
        if who == area(path) and (status == 401 or path.endswith("/logout") and status == 204):
            self._people.forget(who)
        gone = status == 204 or status == 404 and who == pool.owners.get(named, area(path))
        if named and (gone or told(answer, "code") == "cart_not_active"):
            pool.used.add(named)
        if status in (404, 409) and told(answer, "param") == "variant_id" and isinstance(case.body, dict):
            pool.used.add(case.body.get("variant_id", ""))
        if status in (200, 201, 202) and path != "/api/v1/openapi.json":
            pool.learn(area(path), answer, made=status != 200, by=who, listed_by=case.operation.label)

    def _before(self) -> None:
        """New things, from time to time."""
        if self.asked >= self._next:
            self._next = self.asked + FRESH
            self._later(self._market.refresh)

    def _after(self, label: str) -> None:
        if label == MENDED:
            self._later(self._market.mend)


def told(answer: Any, field: str) -> str | None:
    """A field of an answer that is an error."""
    error = answer.get("error") if isinstance(answer, dict) else None
    return error.get(field) if isinstance(error, dict) else None


def main() -> int:
    asked = argparse.ArgumentParser(prog="make fuzz")
    asked.add_argument("--cases", type=int, required=True)
    asked.add_argument("--seed", type=int, required=True)
    asked.add_argument("--tally", type=Path, required=True, help="where the last line is left")
    arguments = asked.parse_args()
    # The sender waits for a lock at each answer: by default the generating thread gives it away after 5 ms only.
    sys.setswitchinterval(0.0005)
    described = json.loads(Path(os.environ["SOUK_STACK"]).read_text())
    answers, began, ended = Answers(described["api_url"]), time.monotonic(), False
    try:
        seeding.seed(described)
        Run(described, answers, arguments.cases, arguments.seed)()
        ended = True
    except Failure as failure:
        print(f"souk: error: {failure}", file=sys.stderr)
    finally:
        answers.report()
        say(f"{time.monotonic() - began:.0f} s with seed {arguments.seed}")
        arguments.tally.write_text(f"cases={answers.cases} failures={answers.failures}")
    return 0 if ended and not answers.failures and answers.cases >= arguments.cases else 1


if __name__ == "__main__":
    sys.exit(main())
