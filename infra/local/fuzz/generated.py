"""What is called: the document's operations, and the calls that Schemathesis makes of each.

First come the calls at the edges of what the document says (the shortest and the longest text, a field too few, a value of another type,
another method), then rounds of random ones, in an order of its own each time, so that what one call makes or ends another one finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# Of a round's calls, how many keep to the document.
KEPT = 0.6
# Of all calls, how many may be spent at the edges.
EDGES = 0.25
PER_ROUND = 25
# Methods that are no route's own: the API's gateway answers browsers that ask before they call, and HEAD is a GET without its body.
ELSEWHERE = {"OPTIONS", "HEAD"}

Send = Callable[[Case, str], None]


class Generated:
    """The calls of a run, the same for the same seed as far as the answers are."""

    def __init__(self, document: Path, api_url: str, seed: int) -> None:
        # Log-ins are real ones, or wrong ones that are put there on purpose.
        config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
        self._schema = schemathesis.openapi.from_path(document, config=config)
        self._schema.config.update(base_url=api_url)
        self.operations: list[APIOperation] = [found.ok() for found in self._schema.get_all_operations()]
        self._seed = seed
        # An operation that takes nothing has nothing that could be wrong.
        self._barren: set[tuple[str, str]] = set()

    def rounds(self, cases: int) -> int:
        """How many rounds of random calls give each operation about as many calls as the others."""
        return max(1, round(cases / len(self.operations) / PER_ROUND))

    def order(self, turn: int) -> list[APIOperation]:
        """The operations, in this round's order."""
        mixed = self.operations[:]
        Random(f"{self._seed} {turn}").shuffle(mixed)
        return mixed

    def edges(self, operation: APIOperation, cases: int) -> Iterator[tuple[Case, str]]:
        """Calls at the edges, at most so many of one operation, drawn evenly."""
        config = self._schema.config.generation_for(operation=operation, phase="coverage")
        found = self._schema.iter_coverage_cases(operation, generation_modes=list(MODES), generation_config=config)
        found = [case for case in found if case.method.upper() not in ELSEWHERE]
        if len(found) > cases:
            kept = sorted(Random(f"{self._seed} {operation.label}").sample(range(len(found)), cases))
            found = [found[number] for number in kept]
        for case in found:
            yield case, case.meta.generation.mode.value if case.meta else "negative"

    def random(self, operation: APIOperation, cases: int, turn: int, send: Send) -> None:
        """Sends about so many random calls of one operation."""
        kept = round(cases * KEPT)
        for mode, count in zip(MODES, (kept, cases - kept)):
            if (operation.label, mode.value) in self._barren:
                mode = GenerationMode.POSITIVE
            try:
                self._some(operation, mode, count, turn, send)
            except Unsatisfiable:
                self._barren.add((operation.label, mode.value))
                self._some(operation, GenerationMode.POSITIVE, count, turn, send)

    def _some(self, operation: APIOperation, mode: GenerationMode, count: int, turn: int, send: Send) -> None:
        if count < 1:
            return

        # The number makes two calls differ that are else the same, or there were but one of what takes nothing.
        @hypothesis.seed(f"{self._seed} {turn} {operation.label} {mode.value}")
        @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode), number=st.integers(0, 2**64))
        def call(case: Case, number: int) -> None:
            del number
            send(case, mode.value)

        call()
