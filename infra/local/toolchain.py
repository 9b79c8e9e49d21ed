"""The tool environments under .local: pinned in a file of requirements, installed by hash, remade when that file changes.

.local/tools has what the stack needs, .local/fuzz-tools what `make fuzz` alone needs. Standard library only: this runs before anything
is installed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from settings import FUZZ_TOOLS, LOCAL, TOOLS, Failure, python_is_recent, say

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FUZZ_REQUIREMENTS = Path(__file__).with_name("fuzz-requirements.txt")


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


def _fingerprint(requirements: Path) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(requirements.read_bytes() + version.encode()).hexdigest()


def tool(name: str) -> str:
    """The path of an installed tool."""
    return str(TOOLS / "bin" / name)


def fuzz_python() -> str:
    """The path of the Python that `make fuzz` calls with."""
    return str(FUZZ_TOOLS / "bin" / "python")


def inside() -> bool:
    """Whether this process runs on the tools' Python."""
    return Path(sys.prefix).resolve() == TOOLS.resolve()


def _make(folder: Path, requirements: Path) -> None:
    """Makes an environment from its requirements, or leaves it as it is."""
    mark, wanted = folder / "made-from", _fingerprint(requirements)
    if mark.exists() and mark.read_text() == wanted:
        return
    LOCAL.mkdir(exist_ok=True)
    say(f"making the tool environment in .local/{folder.name} (once; a minute or two)")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements)],
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise Failure(
            f"the tool environment could not be made ({' '.join(map(str, error.cmd[:4]))} … ended with {error.returncode});"
            " on Debian, python3-venv must be installed"
        ) from None
    mark.write_text(wanted)


def ensure() -> None:
    """Makes the tool environment, or leaves it as it is. Takes a minute or two the first time."""
    if inside():
        return
    check_machine()
    _make(TOOLS, REQUIREMENTS)


def ensure_fuzz() -> None:
    """The same for what `make fuzz` needs, which asks for a newer Python than the rest."""
    if inside():
        return
    if sys.version_info < (3, 11):
        raise Failure(f"make fuzz needs Python 3.11 or later; this is {platform.python_version()}")
    _make(FUZZ_TOOLS, FUZZ_REQUIREMENTS)


def reenter() -> None:
    """Continues this same command on the tools' Python, where boto3 is."""
    if not inside():
        os.execv(tool("python"), [tool("python"), *sys.argv])
