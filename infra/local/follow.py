"""Follows functions' logs: the files that the emulator's launcher writes, or CloudWatch where LocalStack runs."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from settings import REGION, STACK_NAME, Stack
from toolchain import tool

COLOURS = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94]


def files(folder: Path, function: str | None) -> None:
    """Prints what is in the function's file and what comes, or what comes in all files, until Ctrl-C."""
    colour = os.isatty(1) and not os.environ.get("NO_COLOR")
    places: dict[Path, int] = {}
    if function is None:
        places = {path: path.stat().st_size for path in folder.glob("*.log")}
    while True:
        for path in sorted(folder.glob(f"{function or '*'}.log")):
            size, place = path.stat().st_size, places.get(path, 0)
            if size < place:
                place = 0
            if size == place:
                places[path] = place
                continue
            with path.open("rb") as file:
                file.seek(place)
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            places[path] = place + len(whole)
            name = f"{path.stem:<18} "
            if colour:
                name = f"\x1b[{COLOURS[sum(path.stem.encode()) % len(COLOURS)]}m{name}\x1b[0m"
            for line in whole.decode(errors="replace").splitlines():
                print(line if function else name + line, flush=True)
        time.sleep(0.1)


def cloudwatch(stack: Stack, function: str | None) -> None:
    """Follows one function's log group, or the shared API's where none is named."""
    group = f"/aws/lambda/{STACK_NAME}-{function}" if function else f"/aws/apigateway/{STACK_NAME}"
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    subprocess.run(
        [tool("aws"), "--endpoint-url", stack.emulator_url, "--region", REGION, "logs", "tail", group, "--follow"],
        env=environment, check=False,
    )
