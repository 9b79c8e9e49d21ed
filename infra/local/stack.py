#!/usr/bin/env python3
"""The laptop stack's commands; the Makefile calls them. `stack.py help` lists them."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import toolchain  # noqa: E402  (the folder has to be on the path first)
from settings import Failure, Stack  # noqa: E402


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="stack.py", description="The laptop stack.")
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("tools", help="make the tool environment")
    commands.add_parser("up", help="bring the stack up in the background, seeded")
    commands.add_parser("dev", help="bring the stack up and follow the functions' logs until Ctrl-C")
    commands.add_parser("down", help="end what up or dev started")
    commands.add_parser("seed", help="make the demo market")
    logs = commands.add_parser("logs", help="follow one function's log, or all")
    logs.add_argument("function", nargs="?")
    invoke = commands.add_parser("invoke", help="send a function a payload from events/")
    invoke.add_argument("function")
    invoke.add_argument("event", nargs="?")
    watch = commands.add_parser("watch", help="run one function under cargo lambda watch, inside the running stack")
    watch.add_argument("function")
    admin = commands.add_parser("admin", help="make the first admin")
    admin.add_argument("email")
    admin.add_argument("--stack", help="a CloudFormation stack on AWS, reached with your own credentials")
    redrive = commands.add_parser("redrive", help="bring dead letters back")
    redrive.add_argument("queue")
    redrive.add_argument("--stack", help="a CloudFormation stack on AWS, reached with your own credentials")
    test = commands.add_parser("test", help="run a command against a stack of its own")
    test.add_argument("--packed", action="store_true", help="with the functions as they were packed last: nothing is compiled")
    test.add_argument("rest", nargs=argparse.REMAINDER)
    fuzz = commands.add_parser("fuzz", help="make up calls from the OpenAPI document and check their answers, on a stack of its own")
    fuzz.add_argument("--cases", type=int, default=20_000)
    fuzz.add_argument("--seed", type=int, default=1)
    fuzz.add_argument("--stack-json", help="the description of a running stack, to be used in place of one of its own")
    return top


def run(arguments: argparse.Namespace) -> int:
    """Runs one command; answers the exit code."""
    toolchain.ensure()
    if arguments.command == "tools":
        return 0
    if arguments.command == "fuzz":
        toolchain.ensure_fuzz()
    toolchain.reenter()
    import commands

    stack = Stack.from_env()
    run_command = {
        "up": lambda: commands.up(stack),
        "dev": lambda: commands.dev(stack),
        "down": lambda: commands.down(stack),
        "seed": lambda: commands.seed(stack),
        "logs": lambda: commands.logs(stack, arguments.function),
        "invoke": lambda: commands.invoke(stack, arguments.function, arguments.event),
        "watch": lambda: commands.watch(stack, arguments.function),
        "admin": lambda: commands.admin(stack, arguments.email, arguments.stack),
        "redrive": lambda: commands.redrive(stack, arguments.queue, arguments.stack),
        "test": lambda: commands.test(stack, arguments.rest, arguments.packed),
        "fuzz": lambda: commands.fuzz(stack, arguments.cases, arguments.seed, arguments.stack_json),
    }
    return run_command[arguments.command]() or 0


def main() -> int:
    try:
        return run(parser().parse_args())
    except Failure as failure:
        print(f"souk: error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001  (a defect of these scripts: all of it is needed to mend it)
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    sys.exit(main())
