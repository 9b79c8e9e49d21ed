"""What each command does. Runs on the tools' Python."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import urllib.request

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import build
import dead_letters
import deploy
import emulator
import follow
import seeding
from settings import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    LOCAL,
    ROOT,
    STACK_NAME,
    STRIPE_API_KEY,
    STRIPE_CONNECT_WEBHOOK_SECRET,
    STRIPE_WEBHOOK_SECRET,
    VENDOR_PASSWORD,
    Failure,
    Stack,
    say,
)
from toolchain import fuzz_python, tool


def _post(url: str, body: dict) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def _describe(stack: Stack, outputs: dict[str, str]) -> dict[str, str]:
    """Writes stack.json, which others read to find this stack."""
    if stack.localstack:
        api = f"{stack.emulator_url}/_aws/execute-api/{outputs['ApiId']}/$default"
        webhook, mail = outputs["StripeWebhookUrl"], f"{stack.emulator_url}/_aws/ses"
    else:
        # MiniStack gives a function URL a host name that only browsers resolve; the same is served under a path.
        url_id = outputs["StripeWebhookUrl"].split("//", 1)[1].split(".", 1)[0]
        api = stack.emulator_url
        webhook, mail = f"{stack.emulator_url}/_aws/lambda-url/{url_id}/", f"{stack.emulator_url}/_ministack/ses/messages"
    described = {
        "api_url": api,
        "stripe_webhook_url": webhook,
        "stripe_webhook_secret": STRIPE_WEBHOOK_SECRET,
        "stripe_connect_webhook_url": f"{webhook}connect",
        "stripe_connect_webhook_secret": STRIPE_CONNECT_WEBHOOK_SECRET,
        "stripe_api_url": stack.stripe_url,
        "stripe_api_key": STRIPE_API_KEY,
        "emulator_url": stack.emulator_url,
        "mail_url": mail,
        "media_bucket": outputs["MediaBucketName"],
        "table": outputs["TableName"],
        "bus": outputs["BusName"],
        "admin_email": ADMIN_EMAIL,
        "admin_password": ADMIN_PASSWORD,
    }
    partial = stack.description.with_suffix(".partial")
    partial.write_text(json.dumps(described, indent=2) + "\n")
    partial.rename(stack.description)
    (stack.state / "shell").write_text(_SHELL.format(**described))
    return described


# For a person's own shell: the addresses, and a way to pick a field out of an answer without further tools.
_SHELL = """API={api_url}/api/v1/public/market
STRIPE={stripe_api_url}
STRIPE_KEY={stripe_api_key}
field() {{ python3 -c 'import functools, json, sys
print(functools.reduce(lambda at, key: at[int(key) if key.isdigit() else key], sys.argv[1].split("."), json.load(sys.stdin)))' "$1"; }}
"""


def start(stack: Stack, packed: bool = False) -> dict[str, str]:
    """Builds (or takes what was packed last), starts the servers, deploys, wires Stripe's webhooks and makes the admin."""
    deploy.lint()
    packages = build.packed() if packed else build.build()
    try:
        emulator.start_emulator(stack)
        emulator.start_stripe(stack, build.STRIPE_FAKE)
        described = _describe(stack, deploy.deploy(stack, packages))
        _post(f"{stack.stripe_url}/_test/config", {
            key: described[f"stripe_{key}"]
            for key in ("webhook_url", "webhook_secret", "connect_webhook_url", "connect_webhook_secret")
        })
        bootstrap_admin(deploy.client(stack, "lambda"), STACK_NAME, ADMIN_EMAIL, ADMIN_PASSWORD)
    except (OSError, BotoCoreError, ClientError) as error:
        raise Failure(f"the stack could not be brought up: {error}") from None
    return described


def up(stack: Stack) -> None:
    """`make up`."""
    began = time.monotonic()
    described = start(stack)
    seeding.seed(described)
    announce(described)
    say(f"ready after {time.monotonic() - began:.1f} s; `make down` ends it")


def announce(described: dict[str, str]) -> None:
    """Prints the addresses and the demo log-ins."""
    rows = [
        ("market", f"{described['api_url']}/api/v1/public/market/products"),
        ("API", f"{described['api_url']}/api/v1/openapi.json"),
        ("Stripe fake", described["stripe_api_url"]),
        ("mails", described["mail_url"]),
        ("admin", f"{described['admin_email']}  /  {described['admin_password']}"),
        *((f"vendor {slug}", f"{email}  /  {VENDOR_PASSWORD}") for slug, email in seeding.log_ins()),
    ]
    print("\n" + "\n".join(f"  {name:<22}{value}" for name, value in rows) + "\n", flush=True)


def dev(stack: Stack) -> None:
    """`make dev`: what it started ends with it; what `make up` started stays."""
    # `kill` ends it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    mine = emulator.emulator(stack).pid() is None
    try:
        up(stack)
        say("following the functions' logs; Ctrl-C ends " + ("the stack" if mine else "this, and leaves the stack up"))
        if stack.localstack:
            follow.cloudwatch(stack, None)
        else:
            follow.files(stack.function_logs, None)
    except KeyboardInterrupt:
        print()
    finally:
        if mine:
            # A second Ctrl-C does not leave half a stack behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            down(stack)


def down(stack: Stack) -> None:
    """`make down`."""
    stack.description.unlink(missing_ok=True)
    ended = [process.name for process in (emulator.stripe(stack), emulator.emulator(stack)) if process.stop()]
    say(f"ended {' and '.join(ended)}" if ended else "nothing was running")


def seed(stack: Stack) -> None:
    """`make seed`."""
    seeding.seed(stack.described())


def _function(name: str) -> str:
    known = build.functions()
    if name not in known:
        raise Failure(f"there is no function {name!r}; say F= with one of: {' '.join(known)}")
    return name


def logs(stack: Stack, function: str | None) -> None:
    """`make logs`."""
    stack.described()
    name = _function(function) if function else None
    if stack.localstack:
        follow.cloudwatch(stack, name)
    else:
        follow.files(stack.function_logs, name)


def invoke(stack: Stack, function: str, event: str | None) -> int:
    """`make invoke`: a function with one payload needs no E=, one without payloads gets `{}`."""
    stack.described()
    folder = ROOT / "events" / _function(function)
    cases = sorted(path.stem for path in folder.glob("*.json"))
    if event is None and len(cases) < 2:
        event = cases[0] if cases else None
    elif event not in cases:
        raise Failure(f"say E= with one of events/{function}: {' '.join(cases)}")
    payload = (folder / f"{event}.json").read_bytes() if event else b"{}"
    answer = deploy.client(stack, "lambda").invoke(FunctionName=f"{STACK_NAME}-{function}", Payload=payload)
    text = answer["Payload"].read().decode()
    try:
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except json.JSONDecodeError:
        pass
    print(text)
    return 1 if answer.get("FunctionError") else 0


def watch(stack: Stack, function: str) -> int:
    """`make watch`: cargo-lambda rebuilds the function as it is edited, and the stack calls it there."""
    stack.described()
    if stack.localstack:
        raise Failure("make watch needs the default emulator")
    _function(function)
    configuration = deploy.client(stack, "lambda").get_function_configuration(FunctionName=f"{STACK_NAME}-{function}")
    variables = configuration.get("Environment", {}).get("Variables", {})
    port = stack.port + 2
    settings = ("SOFT_HOLD_S", "HARD_HOLD_S", "STATE", "PORT_BASE", "EMULATOR")
    environment = {
        **{name: value for name, value in build.environment().items() if name not in settings},
        **variables,
        # cargo-lambda reads this one too, and at `info` it prints its whole mind.
        "RUST_LOG": f"{variables.get('RUST_LOG', 'info')},cargo_lambda=warn,cargo_lambda_watch=warn,watchexec=warn",
        "AWS_ENDPOINT_URL": stack.emulator_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": deploy.REGION,
        "AWS_DEFAULT_REGION": deploy.REGION,
    }
    mark = stack.state / "watched" / function
    mark.write_text(str(port))
    say(f"{function} runs here now, and is built again when a file changes; Ctrl-C gives it back to the stack")
    try:
        return subprocess.run(
            [tool("cargo-lambda"), "lambda", "watch", "--invoke-address", "127.0.0.1", "--invoke-port", str(port),
             "--package", function],
            cwd=ROOT, env=environment, check=False,
        ).returncode
    except KeyboardInterrupt:
        return 0
    finally:
        mark.unlink(missing_ok=True)


def bootstrap_admin(client, stack_name: str, email: str, password: str | None) -> None:
    """Asks the admin function for the first admin; without a password it sends an invitation. Repeats change nothing."""
    wanted = {"email": email} | ({"password": password} if password else {})
    answer = client.invoke(
        FunctionName=f"{stack_name}-admin", Payload=json.dumps({"bootstrap_admin": wanted}).encode()
    )
    text = answer["Payload"].read().decode(errors="replace")
    if answer.get("FunctionError"):
        raise Failure(f"the first admin could not be made: {text}")


def admin(stack: Stack, email: str, stack_name: str | None) -> None:
    """`make admin EMAIL=`: on the laptop's stack, or with STACK= on AWS."""
    if stack_name:
        try:
            bootstrap_admin(boto3.client("lambda"), stack_name, email, None)
        except (BotoCoreError, ClientError) as error:
            raise Failure(f"the first admin could not be made: {error}") from None
        say(f"an invitation is on its way to {email}")
        return
    described = stack.described()
    bootstrap_admin(deploy.client(stack, "lambda"), STACK_NAME, email, None)
    say(f"an invitation to {email} lies at {described['mail_url']}")


def redrive(stack: Stack, queue: str, stack_name: str | None) -> None:
    """`make redrive Q=`: on the laptop's stack, or with STACK= on AWS."""
    try:
        if stack_name:
            moved = dead_letters.redrive(boto3.client, stack_name, queue)
        else:
            stack.described()
            moved = dead_letters.redrive(lambda service: deploy.client(stack, service), STACK_NAME, queue)
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"{queue} could not be brought back: {error}") from None
    say(f"{moved} brought back from {queue}")


def test(stack: Stack, command: list[str], packed: bool) -> int:
    """`make test`: brings up a stack of its own, runs the command with SOUK_STACK naming it, takes it down whatever happened."""
    if stack.state == LOCAL:
        raise Failure("a test runs on a stack of its own: give it a STATE= and a PORT_BASE=")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    command = command[1:] if command[:1] == ["--"] else command
    # What a killed run left.
    if emulator.emulator(stack).pid() or emulator.stripe(stack).pid():
        down(stack)
    try:
        start(stack, packed)
        environment = {**build.environment(), "SOUK_STACK": str(stack.description)}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    finally:
        down(stack)


def fuzz(stack: Stack, cases: int, seed: int, running: str | None) -> int:
    """`make fuzz`: the same with calls made up from the OpenAPI document; with STACK_JSON= against a stack that runs already."""
    tally = stack.state / "fuzz-tally"
    tally.unlink(missing_ok=True)
    command = [
        fuzz_python(), "infra/local/fuzz/run.py", "--cases", str(cases), "--seed", str(seed), "--tally", str(tally),
    ]
    if running is None:
        code = test(stack, command, packed=False)
    elif (ROOT / running).is_file():
        stack.state.mkdir(parents=True, exist_ok=True)
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, "SOUK_STACK": running}, check=False).returncode
    else:
        raise Failure(f"STACK_JSON={running}: there is no such file; `make up` writes .local/stack.json")
    # Below all else, what the end of the stack says included.
    print(tally.read_text() if tally.exists() else "cases=0 failures=0", flush=True)
    return code
