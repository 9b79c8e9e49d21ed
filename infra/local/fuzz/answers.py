"""Sends calls, holds the answers against the document, and keeps what is wrong with them.

An answer fails when it is a 5xx, or has a status, a content type, a body or headers that the document does not have for it. So does a
call that gets no answer.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, response_headers_conformance,
]
PATIENCE_S = 60
SHOWN = 1500


@dataclass
class Wrong:
    """One thing that is wrong, with the first call that showed it."""

    told: str
    times: int = 0


class Answers:
    """What was answered so far."""

    def __init__(self, api_url: str) -> None:
        self._api_url = api_url
        self._session = requests.Session()
        # A log-in's cookie would go along with every later call, whoever makes it.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.trust_env = False
        self.cases = self.failures = 0
        self.statuses: dict[str, Counter[int]] = {}
        self.wrong: dict[tuple[str, str], Wrong] = {}

    def send(self, case: Case) -> tuple[int, Any]:
        """Sends a call and checks its answer; answers its status (0 without any) and its JSON, if it is some."""
        self.cases += 1
        label = case.operation.label
        # Without the memory of what it was generated as: that costs much to keep up with what was changed, and makes the checks pass over
        # calls with a method or a content type that the document does not have.
        case = case.operation.Case(
            method=case.method, path_parameters=case.path_parameters, headers=case.headers, query=case.query, body=case.body,
            media_type=case.media_type,
        )
        try:
            request = case.as_transport_kwargs(base_url=self._api_url)
            answer = self._session.request(**request, timeout=PATIENCE_S, allow_redirects=False)
        except requests.RequestException as error:
            self._fail(label, f"no answer: {type(error).__name__}", f"{error}\n{case.as_curl_command(base_url=self._api_url)}")
            return 0, None
        self.statuses.setdefault(label, Counter())[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            self.failures += 1
            for failure in group.exceptions:
                title = getattr(failure, "title", type(failure).__name__)
                self._note(label, f"{answer.status_code} {title}: {reason(failure)}", f"{failure}\n{shown(case, answer)}")
        return answer.status_code, read(answer)

    def broke(self, label: str, error: Exception) -> None:
        """The tool itself failed: whatever it would have found is not found, so it counts."""
        self._fail(label, f"the tool failed: {type(error).__name__}", str(error))

    def _fail(self, label: str, what: str, told: str) -> None:
        self.failures += 1
        self._note(label, what, told)

    def _note(self, label: str, what: str, told: str) -> None:
        self.wrong.setdefault((label, what), Wrong(told)).times += 1

    def report(self) -> None:
        """Prints what is wrong, each thing once, and how calls were answered."""
        for (label, what), wrong in sorted(self.wrong.items()):
            print(f"\n{label}: {what} ({wrong.times} times)\n{wrong.told[:SHOWN * 2]}")
        total: Counter[int] = sum(self.statuses.values(), Counter())
        print("\nanswers: " + ", ".join(f"{status} {times}" for status, times in sorted(total.items())))
        never = [label for label, found in sorted(self.statuses.items()) if not any(200 <= status < 400 for status in found)]
        if never:
            print("never accepted: " + ", ".join(never))


def reason(failure: Exception) -> str:
    """Where in the document a failure lies, or its first line that says what: the same for all calls that show the same."""
    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    place = next((line for line in lines if line.startswith("Schema at ")), None)
    return place or (lines[1][:160] if len(lines) > 1 else "")


def shown(case: Case, answer: requests.Response) -> str:
    """A call and its answer, to be made again by hand."""
    curl = case.as_curl_command(headers=dict(answer.request.headers))
    return f"{curl}\nanswered {answer.status_code} {dict(answer.headers)}\n{answer.text[:SHOWN]}"


def read(answer: requests.Response) -> Any:
    """An answer's JSON, or nothing."""
    try:
        return json.loads(answer.content)
    except ValueError:
        return None
