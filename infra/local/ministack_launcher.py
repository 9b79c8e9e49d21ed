"""Starts MiniStack, with four things changed that make it a pleasant laptop.

Runs on the tools' Python, in the environment that emulator.py gives it. It reaches into private names of the one version that
requirements.txt pins, and says so when one is gone.

1. Nagle's algorithm is off on its Runtime API (40 ms a call), and no call waits for a log line (50 ms a call).
2. Each function's output goes to a file as it is written, `$FUNCTION_LOGS/<function>.log`.
3. The API is served at `/api/…` of the emulator's own address, beside its long address with the stage in it.
4. A function that `make watch` has taken over is invoked there.
"""

from __future__ import annotations

import json
import os
import socketserver
import urllib.error
import urllib.request
from pathlib import Path

from ministack import app as server
from ministack.core import lambda_runtime

LOGS = Path(os.environ.pop("FUNCTION_LOGS"))
WATCHED = Path(os.environ.pop("FUNCTIONS_WATCHED"))
API_ID = os.environ.pop("API_ID")
# Beyond this a function's log file starts anew.
LOG_BYTES = 20_000_000


def short_name(function: str) -> str:
    """`souk-cart` is called `cart` on the command line."""
    return function.split("-", 1)[-1]


def without_waiting() -> None:
    """Cuts the two delays of a warm call."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    lambda_runtime.ProvidedWorker._drain_stderr_bounded = lambda self, **_: self._drain_stderr()


class Tee:
    """A function's output, which is copied to its log file line by line."""

    def __init__(self, stream, path: Path) -> None:
        self.stream, self.path = stream, path

    def readline(self) -> bytes:
        line = self.stream.readline()
        if line:
            fresh = self.path.exists() and self.path.stat().st_size > LOG_BYTES
            with self.path.open("wb" if fresh else "ab") as file:
                file.write(line)
        return line

    def close(self) -> None:
        self.stream.close()


def with_log_files() -> None:
    """Copies what functions print to files as it comes."""
    pump = lambda_runtime.ProvidedWorker._pump_output

    def copying(self, stream, log_queue):
        pump(self, Tee(stream, LOGS / f"{short_name(self.func_name)}.log"), log_queue)

    lambda_runtime.ProvidedWorker._pump_output = copying


def with_watched_functions() -> None:
    """Hands invocations to `cargo lambda watch` for the functions that it serves."""
    invoke = lambda_runtime.ProvidedWorker.invoke

    def forwarding(self, event, request_id, **rest):
        name = short_name(self.func_name)
        try:
            port = int((WATCHED / name).read_text())
        except (FileNotFoundError, ValueError):
            return invoke(self, event, request_id, **rest)
        url = f"http://127.0.0.1:{port}/2015-03-31/functions/{name}/invocations"
        request = urllib.request.Request(url, json.dumps(event).encode(), {"Content-Type": "application/json"})
        try:
            # The first call waits for a compilation.
            with urllib.request.urlopen(request, timeout=600) as answer:
                return {"status": "ok", "result": json.loads(answer.read() or b"null"), "cold_start": False, "log": ""}
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            text = f"cargo lambda watch did not answer for {name}: {error}"
            payload = {"errorMessage": text, "errorType": "Watch"}
            return {"status": "error", "error": text, "error_payload": payload, "cold_start": False, "log": text}

    lambda_runtime.ProvidedWorker.invoke = forwarding


def with_api_at_root() -> None:
    """Serves `/api/…` from the HTTP API's default stage."""
    serve = server.app

    async def routed(scope, receive, send):
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            prefix = f"/_aws/execute-api/{API_ID}/$default"
            scope = dict(scope, path=prefix + scope["path"])
            if scope.get("raw_path"):
                scope["raw_path"] = prefix.encode() + scope["raw_path"]
        await serve(scope, receive, send)

    server.app = routed


def main() -> None:
    for name in ("_drain_stderr", "_drain_stderr_bounded", "_pump_output", "invoke"):
        if not hasattr(lambda_runtime.ProvidedWorker, name):
            raise SystemExit(f"this MiniStack has no ProvidedWorker.{name}: see {__file__}")
    without_waiting()
    with_log_files()
    with_watched_functions()
    with_api_at_root()
    server.main()


main()
