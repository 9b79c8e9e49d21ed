"""The tool environment under .local/tools: pinned in requirements.txt, installed by hash, remade when that file changes.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from settings import LOCAL, TOOLS, Failure, python_is_recent, say

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
MARK = TOOLS / "made-from"


def check_machine() -> None:
    """Fails by name on what must be there before: cargo, rustc, a C compiler."""
    python_is_recent()
    for tool, hint in (
        ("cargo", "install Rust with rustup (https://rustup.rs)"),
        ("rustc", "install Rust with rustup (https://rustup.rs)"),
        ("cc", "install a C compiler (Debian: apt install build-essential)"),
    ):
        if shutil.which(tool) is None:
            raise Failure(f"{tool} is missing: {hint}")


def _fingerprint() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(REQUIREMENTS.read_bytes() + version.encode()).hexdigest()


def tool(name: str) -> str:
    """The path of an installed tool."""
    return str(TOOLS / "bin" / name)


def inside() -> bool:
    """Whether this process runs on the tools' Python."""
    return Path(sys.prefix).resolve() == TOOLS.resolve()


def ensure() -> None:
    """Makes the tool environment, or leaves it as it is. Takes a minute or two the first time."""
    if inside():
        return
    check_machine()
    wanted = _fingerprint()
    if MARK.exists() and MARK.read_text() == wanted:
        return
    LOCAL.mkdir(exist_ok=True)
    say("making the tool environment in .local/tools (once; a minute or two)")
    shutil.rmtree(TOOLS, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(TOOLS)], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            [tool("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--require-hashes", "--only-binary", ":all:", "--requirement", str(REQUIREMENTS)],
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise Failure(
            f"the tool environment could not be made ({' '.join(map(str, error.cmd[:4]))} … ended with {error.returncode});"
            " on Debian, python3-venv must be installed"
        ) from None
    MARK.write_text(wanted)


def reenter() -> None:
    """Continues this same command on the tools' Python, where boto3 is."""
    if not inside():
        os.execv(tool("python"), [tool("python"), *sys.argv])
