"""Where the files of each volume are: a folder of the state folder, or a bucket."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from local.notebook.runtime.storage import s3a_url
from local.notebook.runtime.utility import ExecutionError
from local.services.spark import storage_links
from local.settings import Settings
from local.workspace.errors import invalid
from local.workspace.store import Store

__all__ = ["VolumeLocations"]


class VolumeLocations:
    """The storage behind each volume.

    The Spark server links the landing and the checkpoints itself; notebooks link the others.
    """

    def __init__(self, settings: Settings, store: Store, folder: Path) -> None:
        self._linked = storage_links(settings)
        self._store = store
        self._folder = folder

    def links(self) -> dict[str, str]:
        """Return the URL behind the path of each volume."""
        volumes = self._store.all("volumes")
        created = {_path(name): _link(volume) for name, volume in volumes.items()}
        return {**created, **self._linked}

    def check(self, full_name: str, volume_type: str, location: str | None) -> str:
        """Return the location of a new volume.

        Raises:
            ApiError: Raised when its type and its location do not fit.
        """
        linked = self._linked.get(_path(full_name))
        if volume_type == "EXTERNAL":
            url = _bucket(location or "")
            if linked and url.rstrip("/") != linked.rstrip("/"):
                raise invalid(
                    f"The local stack links {_path(full_name)} to {linked}; got {location!r}."
                )
            return location or ""
        if location:
            raise invalid(f"Expected no storage_location of a MANAGED volume; got {location!r}.")
        if linked and not linked.startswith("file:"):
            raise invalid(
                f"The local stack links {_path(full_name)} to {linked}; make the volume EXTERNAL "
                "with this location."
            )
        folder = self._folder / full_name.replace(".", "/")
        if not linked:
            folder.mkdir(parents=True, exist_ok=True)
        return linked or folder.as_uri()

    def clear(self, full_name: str) -> None:
        """Delete the files of a managed volume."""
        folder = Path(unquote(urlsplit(self.links()[_path(full_name)]).path))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)


def _path(full_name: str) -> str:
    return "/Volumes/" + full_name.replace(".", "/")


def _link(volume: dict[str, str]) -> str:
    location = volume["storage_location"]
    return location if location.startswith("file:") else s3a_url(location)


def _bucket(location: str) -> str:
    try:
        return s3a_url(location)
    except ExecutionError as error:
        raise invalid(f"The storage_location of an external volume is a bucket: {error}") from None
