"""Compiles the workspace and packs the functions, doing nothing twice.

cargo-lambda works under target/<triple>/ and plain cargo under target/, unless cargo is told the triple: so it always is, and
both share one build. A package is the function's binary, stripped, in a zip whose bytes depend on the binary alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from settings import LOCAL, ROOT, Failure, host_triple, say
from toolchain import TOOLS, tool

PACKAGES = LOCAL / "packages"
INDEX = PACKAGES / "index.json"
STRIPE_FAKE = PACKAGES / "stripe-fake"


def functions() -> list[str]:
    """The functions' names: the folders under functions/."""
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml"))


def environment() -> dict[str, str]:
    """The environment of every cargo command: the host's triple, and the tools (zig among them) on the path."""
    return {
        **os.environ,
        "CARGO_BUILD_TARGET": host_triple(),
        "PATH": f"{TOOLS / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def target_dir() -> Path:
    """Where cargo builds."""
    return ROOT / (os.environ.get("CARGO_TARGET_DIR") or "target")


def built(name: str) -> Path:
    """The binary that `cargo build` leaves."""
    return target_dir() / host_triple() / "debug" / name


@contextmanager
def _one_at_a_time():
    """Keeps two stacks from packing the same files at once."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: list[str], what: str) -> None:
    if subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode != 0:
        raise Failure(f"{what} failed; what the compiler said stands above")


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_mtime_ns, status.st_size]


def _pack(name: str, bootstrap: Path) -> str:
    """Strips and zips one function; answers the package's file name."""
    stripped = PACKAGES / f"{name}.stripped"
    shutil.copyfile(bootstrap, stripped)
    if shutil.which("strip"):
        subprocess.run(["strip", str(stripped)], check=True)
    data = stripped.read_bytes()
    stripped.unlink()
    package = PACKAGES / f"{name}-{hashlib.sha256(data).hexdigest()[:20]}.zip"
    for old in PACKAGES.glob(f"{name}-*.zip"):
        if old.stem[: -21] == name and old != package:
            old.unlink()
    if not package.exists():
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        partial = package.with_suffix(".partial")
        with zipfile.ZipFile(partial, "w") as archive:
            archive.writestr(entry, data, compresslevel=1)
        partial.rename(package)
    return package.name


def build() -> dict[str, Path]:
    """Compiles and packs whatever has changed; answers each function's package."""
    with _one_at_a_time():
        say("building")
        _run(["cargo", "build", "--workspace"], "the build")
        names = functions()
        missing = [name for name in [*names, "stripe-fake"] if not built(name).exists()]
        if missing:
            raise Failure(f"no binary was built for {', '.join(missing)}: is there a src/main.rs?")
        try:
            index = json.loads(INDEX.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            index = {}
        stamps = {name: _stamp(built(name)) for name in names}
        PACKAGES.mkdir(exist_ok=True)
        # cargo-lambda moves every binary away, and a running one cannot be written over: so a copy of this one is run.
        fake = built("stripe-fake")
        if not STRIPE_FAKE.exists() or index.get("stripe-fake") != _stamp(fake):
            index["stripe-fake"] = _stamp(fake)
            partial = STRIPE_FAKE.with_suffix(".partial")
            shutil.copy2(fake, partial)
            partial.rename(STRIPE_FAKE)
        changed = [
            name for name in names
            if index.get(name, {}).get("stamp") != stamps[name] or not (PACKAGES / index[name]["package"]).exists()
        ]
        if changed:
            # The same selection as above, so that features unify alike and nothing is compiled again.
            _run([tool("cargo-lambda"), "lambda", "build", "--compiler", "cargo", "--workspace"], "cargo lambda build")
            say(f"packing {len(changed)} function{'s' if len(changed) > 1 else ''}")
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                packed = pool.map(lambda name: _pack(name, target_dir() / "lambda" / name / "bootstrap"), changed)
                for name, package in zip(changed, packed):
                    index[name] = {"stamp": stamps[name], "package": package}
        INDEX.write_text(json.dumps({name: index[name] for name in [*names, "stripe-fake"]}, indent=1))
        return {name: PACKAGES / index[name]["package"] for name in names}


def packed() -> dict[str, Path]:
    """Each function's package as it was packed last; nothing is compiled."""
    try:
        index = json.loads(INDEX.read_text())
        return {name: PACKAGES / index[name]["package"] for name in functions()}
    except (FileNotFoundError, KeyError):
        raise Failure("not every function is packed yet: `make up` packs them, and so does `make test`") from None
