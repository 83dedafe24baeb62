"""Unpacks the wheels of a task, so that its kernel imports them instead of the checkout."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import signal
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from local.errors import StackError
from local.supervisor.process import launcher

__all__ = ["LibraryError", "UnpackedWheel", "WheelCache"]

_IMPORT = """import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


class LibraryError(StackError):
    """Raised when a wheel cannot be imported."""


@dataclass(frozen=True)
class UnpackedWheel:
    """The content of a wheel: a folder for the import path, and its top-level packages."""

    site: Path
    packages: tuple[str, ...]


class WheelCache:
    """Wheels that were unpacked and imported once, by the hash of their content.

    The dependencies of a wheel are not installed: the kernels have the packages of the local
    environment.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = asyncio.Lock()

    async def unpack(self, wheel: Path) -> UnpackedWheel:
        """Return the unpacked wheel.

        Raises:
            LibraryError: Raised when the file is no wheel, or a package of it does not import.
        """
        async with self._lock:
            content = await asyncio.to_thread(wheel.read_bytes)
            site = self._folder / hashlib.sha256(content).hexdigest()[:20]
            if not site.exists():
                await self._add(wheel, site)
            return UnpackedWheel(site, _packages(site))

    async def _add(self, wheel: Path, site: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            await asyncio.to_thread(_extract, wheel, temporary)
            await _check_imports(wheel, temporary)
            temporary.rename(site)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _extract(wheel: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)  # zipfile removes absolute and parent paths
    except (OSError, zipfile.BadZipFile) as error:
        raise LibraryError(
            f"Expected a wheel in {wheel.name}; the file is not one ({error}). Build and deploy it "
            "again."
        ) from None


def _packages(site: Path) -> tuple[str, ...]:
    entries = [PurePosixPath(entry.relative_to(site)) for entry in sorted(site.iterdir())]
    folders = [entry.name for entry in entries if (site / entry / "__init__.py").exists()]
    return (*folders, *(entry.stem for entry in entries if entry.suffix == ".py"))


async def _check_imports(wheel: Path, site: Path) -> None:
    command = [*launcher(signal.SIGKILL), sys.executable, "-I", "-c", _IMPORT]
    process = await asyncio.create_subprocess_exec(
        *command, str(site), *_packages(site), stderr=asyncio.subprocess.PIPE
    )
    try:
        _, output = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        lines = output.decode(errors="replace").strip().splitlines()
        raise LibraryError(
            f"The wheel {wheel.name} does not import: {lines[-1] if lines else 'no message'}. "
            "Its dependencies must be in the local environment; fix the wheel and deploy again."
        )
