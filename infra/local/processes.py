"""Background processes that a stack started, and how it ends them.

**Invariant:** only a process that this stack started is ever signalled. A record holds the process's id together with the
moment it began, and both must match, so that a recycled id is left alone.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from settings import Failure, Stack


def _began(pid: int) -> str | None:
    """When the process began, in the system's own words; None if there is none (or only its remains)."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]
    out = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return out.strip() or None


class Process:
    """One named background process of a stack."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.name = name
        self.record = stack.state / "run" / f"{name}.json"
        self.log = stack.state / "logs" / f"{name}.log"

    def _read(self) -> dict | None:
        try:
            return json.loads(self.record.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def pid(self) -> int | None:
        """The running process's id, if it is still the one that was started."""
        record = self._read()
        if record and _began(record["pid"]) == record["began"]:
            return record["pid"]
        return None

    def started_as(self) -> dict | None:
        """What the running process was started with."""
        return (self._read() or {}).get("identity") if self.pid() else None

    def start(self, command: list[str], env: dict[str, str], identity: dict) -> None:
        """Starts the process in a session of its own, its output in its log."""
        self.record.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, cwd=self.record.parent,
            )
        self.record.write_text(json.dumps({"pid": child.pid, "began": _began(child.pid), "identity": identity}))

    def stop(self) -> bool:
        """Ends the process with its children, politely first. Says whether there was one."""
        pid = self.pid()
        if pid is not None:
            for number, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
                try:
                    os.killpg(pid, number)
                except ProcessLookupError:
                    break
                deadline = time.monotonic() + patience
                while _began(pid) is not None and time.monotonic() < deadline:
                    _reap(pid)
                    time.sleep(0.05)
                if _began(pid) is None:
                    break
            # Children that outlived their parent share its group.
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.record.unlink(missing_ok=True)
        return pid is not None

    def tail(self, lines: int = 15) -> str:
        """The end of the process's log, for a message about its failure."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def wait_healthy(self, url: str, seconds: float) -> None:
        """Waits until `url` answers 200; fails with the log's end when the process ends or time runs out."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            _reap(self._read()["pid"])
            if self.pid() is None:
                raise Failure(f"{self.name} ended while starting; the end of {self.log}:\n{self.tail()}")
            time.sleep(0.05)
        raise Failure(f"{self.name} did not answer within {seconds:.0f} s; the end of {self.log}:\n{self.tail()}")


def _reap(pid: int) -> None:
    """Collects the remains of our own child, if it is one."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def port_is_free(port: int) -> bool:
    """Whether this machine's loopback has nobody on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_free(port: int, what: str) -> None:
    """Fails by name when somebody else has the port."""
    if not port_is_free(port):
        raise Failure(
            f"port {port}, which {what} needs, is in use by another program; end that one, or choose other ports with PORT_BASE="
        )
