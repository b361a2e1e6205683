"""Folders that clients are installed into, one each, kept from one run to the next."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


NODE = "node@22"


class NotInstalled(Exception):
    """A client that cannot be had here: no fault of the server's."""


class Unfinished(Exception):
    """A client that was installed and did not get to its end."""


def run(
    command: Sequence[str | Path],
    folder: Path,
    env: Mapping[str, str] | None = None,
    seconds: float = 600,
) -> subprocess.CompletedProcess[str]:
    """
    Run a program to its end, without a terminal and with what it prints kept.

    Raises:
        TimeoutExpired: It took longer; then it is ended, and whatever it had started.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        try:
            out, err = program.communicate(timeout=seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, program.returncode, out, err)


@dataclass(frozen=True)
class Workshop:
    """Installs clients below *folder*."""

    folder: Path

    def _install(
        self,
        name: str,
        wanted: str,
        *commands: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
    ) -> Path:
        """Run *commands* in a folder of *name*, unless it has what is *wanted* already."""
        folder = self.folder / name
        stamp = folder / ".installed"
        if stamp.exists() and stamp.read_text() == wanted:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for command in commands:
            try:
                done = run(command, folder, env)
            except subprocess.TimeoutExpired:
                raise NotInstalled("the installation takes too long") from None
            if done.returncode:
                said = (done.stderr or done.stdout).strip().splitlines() or ["failed"]
                raise NotInstalled(said[-1])
        stamp.write_text(wanted)
        return folder

    def python(self, name: str, *requirements: str) -> Path:
        """An interpreter that has *requirements*."""
        folder = self._install(
            name,
            " ".join(requirements),
            [sys.executable, "-m", "venv", "."],
            ["bin/pip", "install", "-q", *requirements],
        )
        return folder / "bin" / "python"

    def node(self, name: str, *packages: str) -> Path:
        """A folder with *packages* in its `node_modules`."""
        npm = shutil.which("npm")
        if npm is None:
            raise NotInstalled("there is no npm")
        quiet = ["--silent", "--no-audit", "--no-fund"]
        # Packages look for the Node that installs them.
        env = None if packages == (NODE,) else {**os.environ, "PATH": self.node_path()}
        return self._install(
            name,
            " ".join(packages),
            [npm, "init", "-y"],
            [npm, "install", *quiet, *packages],
            env=env,
        )

    @cached_property
    def node_folder(self) -> Path:
        """Where a Node is that the current hosts run on."""
        return self.node("node", NODE) / "node_modules" / ".bin"

    def node_path(self, *folders: Path) -> str:
        """A PATH on which that Node comes first."""
        here = os.environ.get("PATH", os.defpath)
        return os.pathsep.join(map(str, (*folders, self.node_folder, here)))
