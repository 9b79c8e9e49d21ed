"""Where a laptop stack lives: its state directory, its ports, its addresses, its made-up secrets.

Everything comes from a few variables, so that several stacks can run beside each other:
STATE (directory), PORT_BASE (emulator; the Stripe fake takes the next port), EMULATOR (ministack or localstack),
SOFT_HOLD_S and HARD_HOLD_S (template parameters).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
TOOLS = LOCAL / "tools"
FUZZ_TOOLS = LOCAL / "fuzz-tools"
REGION = "eu-central-1"
ACCOUNT = "000000000000"
STACK_NAME = "souk"
# Eight hex digits: the emulator pins the API's id to them, and its launcher serves that API at `/`.
API_ID = "50c0ffee"

STRIPE_API_KEY = "sk_test_local"
STRIPE_WEBHOOK_SECRET = "whsec_local_platform"
STRIPE_CONNECT_WEBHOOK_SECRET = "whsec_local_connect"
ADMIN_EMAIL = "admin@souk.example"
ADMIN_PASSWORD = "correct horse battery staple"
VENDOR_PASSWORD = "a demo vendor's passphrase"


class Failure(Exception):
    """Something that the person at the keyboard can mend: its text says what and how."""


def say(text: str) -> None:
    """Reports progress."""
    print(f"souk: {text}", flush=True)


def host_triple() -> str:
    """The Rust target of this machine, under which cargo and cargo-lambda share their work."""
    given = os.environ.get("CARGO_BUILD_TARGET")
    if given:
        return given
    out = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return next(line.split(": ", 1)[1] for line in out.splitlines() if line.startswith("host: "))


@dataclass(frozen=True)
class Stack:
    """One laptop stack."""

    state: Path
    port: int
    localstack: bool

    @classmethod
    def from_env(cls) -> "Stack":
        """Reads STATE, PORT_BASE and EMULATOR."""
        state = Path(os.environ.get("STATE") or LOCAL)
        emulator = os.environ.get("EMULATOR") or "ministack"
        if emulator not in ("ministack", "localstack"):
            raise Failure(f"EMULATOR={emulator} is not known: say ministack or localstack")
        try:
            port = int(os.environ.get("PORT_BASE") or 4566)
        except ValueError:
            raise Failure(f"PORT_BASE={os.environ['PORT_BASE']} is not a number") from None
        if not 1024 <= port < 65535:
            raise Failure(f"PORT_BASE={port}: choose one from 1024 to 65534")
        return cls(state=state if state.is_absolute() else ROOT / state, port=port, localstack=emulator == "localstack")

    @property
    def stripe_port(self) -> int:
        return self.port + 1

    @property
    def emulator_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stripe_url(self) -> str:
        return f"http://127.0.0.1:{self.stripe_port}"

    @property
    def stripe_url_from_functions(self) -> str:
        """LocalStack runs functions in containers, which reach this machine by another name."""
        return f"http://host.docker.internal:{self.stripe_port}/" if self.localstack else f"{self.stripe_url}/"

    @property
    def media_bucket(self) -> str:
        return f"{STACK_NAME}-media-{ACCOUNT}-{REGION}"

    @property
    def function_logs(self) -> Path:
        return self.state / "logs" / "functions"

    @property
    def description(self) -> Path:
        """What others read to find this stack."""
        return self.state / "stack.json"

    def parameters(self) -> dict[str, str]:
        """The template's parameters on a laptop."""
        arm = platform.machine() in ("aarch64", "arm64")
        given = {
            "Architecture": "arm64" if arm else "x86_64",
            "DeletionProtection": "false",
            "LogLevel": os.environ.get("RUST_LOG") or "info",
            "StripeApiUrl": self.stripe_url_from_functions,
            "StripeApiKey": STRIPE_API_KEY,
            "StripeWebhookSecret": STRIPE_WEBHOOK_SECRET,
            "StripeConnectWebhookSecret": STRIPE_CONNECT_WEBHOOK_SECRET,
            "WebhookConcurrency": "0",
            "MailFrom": "souk <no-reply@souk.example>",
            "StorefrontUrl": "http://localhost:3000",
            "ConsoleUrl": "http://localhost:3001",
            "AllowedOrigins": "http://localhost:3000,http://localhost:3001",
            "CookiePrefix": "",
            "AllowLoopbackFeeds": "true",
            "MediaBaseUrl": f"{self.emulator_url}/{self.media_bucket}",
        }
        for variable, parameter in (("SOFT_HOLD_S", "SoftHoldSeconds"), ("HARD_HOLD_S", "HardHoldSeconds")):
            value = os.environ.get(variable)
            if value:
                if not value.isdigit() or int(value) < 1:
                    raise Failure(f"{variable}={value}: whole seconds, at least 1")
                given[parameter] = value
        return given

    def described(self) -> dict[str, str]:
        """What `up` wrote; fails when the stack is not up."""
        try:
            return json.loads(self.description.read_text())
        except FileNotFoundError:
            raise Failure("the stack is not up: `make up` (or `make dev`) first") from None


def python_is_recent() -> None:
    """Fails under a Python that the tools do not support."""
    if sys.version_info < (3, 10):
        raise Failure(f"Python 3.10 or later is needed; this is {platform.python_version()}")
