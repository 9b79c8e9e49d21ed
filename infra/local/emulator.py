"""The two servers of a laptop stack: the AWS emulator and the Stripe fake. Both listen on loopback alone."""

from __future__ import annotations

import os
import shutil
import urllib.request
from pathlib import Path

from processes import Process, require_free
from settings import (
    API_ID,
    REGION,
    STRIPE_API_KEY,
    STRIPE_CONNECT_WEBHOOK_SECRET,
    STRIPE_WEBHOOK_SECRET,
    Failure,
    Stack,
    say,
)
from toolchain import tool


def emulator(stack: Stack) -> Process:
    return Process(stack, "emulator")


def stripe(stack: Stack) -> Process:
    return Process(stack, "stripe-fake")


def _emulator_environment(stack: Stack) -> dict[str, str]:
    """The whole environment of the emulator. It leaks into every function, so nothing of the person's own may be in it."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "TMPDIR": str(stack.state / "tmp"),
        "LANG": "C.UTF-8",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(stack.port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        # Every call of a function occupies a thread, and so does what that function asks of the emulator meanwhile.
        "MINISTACK_WORKER_THREADS": "256",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": stack.emulator_url,
        "FUNCTION_LOGS": str(stack.function_logs),
        "FUNCTIONS_WATCHED": str(stack.state / "watched"),
        "API_ID": API_ID,
    }


def start_emulator(stack: Stack) -> bool:
    """Starts the emulator unless it runs. Says whether it is new, and so empty."""
    health = f"{stack.emulator_url}/_ministack/health"
    process = emulator(stack)
    if stack.localstack:
        try:
            urllib.request.urlopen(f"{stack.emulator_url}/_localstack/health", timeout=5).close()
        except OSError:
            raise Failure(
                f"no LocalStack answers at {stack.emulator_url}: start yours in Docker (it needs an account's token), then again"
            ) from None
        return False
    if process.pid() is not None:
        if process.started_as() != {"port": stack.port}:
            raise Failure(f"this stack runs already, on port {process.started_as()['port']}; `make down` first")
        process.wait_healthy(health, 10)
        return False
    require_free(stack.port, "the AWS emulator")
    say(f"starting the AWS emulator on port {stack.port}")
    for directory in (stack.state / "tmp", stack.function_logs, stack.state / "watched"):
        # What an earlier emulator left: its state died with it.
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    process.log.unlink(missing_ok=True)
    launcher = Path(__file__).with_name("ministack_launcher.py")
    process.start([tool("python"), str(launcher)], _emulator_environment(stack), {"port": stack.port})
    process.wait_healthy(health, 60)
    return True


def start_stripe(stack: Stack, binary: Path) -> None:
    """Starts the Stripe fake, anew if its binary has changed."""
    health = f"{stack.stripe_url}/_test/health"
    process = stripe(stack)
    identity = {"port": stack.stripe_port, "built": binary.stat().st_mtime_ns}
    if process.pid() is not None:
        if process.started_as() == identity:
            process.wait_healthy(health, 10)
            return
        say("the Stripe fake has changed: starting it anew")
        process.stop()
    require_free(stack.stripe_port, "the Stripe fake")
    say(f"starting the Stripe fake on port {stack.stripe_port}")
    process.log.unlink(missing_ok=True)
    command = [
        str(binary),
        "--port", str(stack.stripe_port),
        "--api-key", STRIPE_API_KEY,
        "--webhook-secret", STRIPE_WEBHOOK_SECRET,
        "--connect-webhook-secret", STRIPE_CONNECT_WEBHOOK_SECRET,
    ]
    process.start(command, {"PATH": os.environ.get("PATH", ""), "RUST_LOG": os.environ.get("RUST_LOG", "info")}, identity)
    process.wait_healthy(health, 20)
