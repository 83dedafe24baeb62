"""What the supervisor lets others know: one small file in the state folder."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from local.supervisor.lock import has_supervisor
from local.supervisor.process import Phase, ServiceProcess, is_healthy

__all__ = ["ServiceState", "StackState"]


class ServiceState(BaseModel):
    """One service as its supervisor sees it."""

    name: str
    port: int
    log: Path
    phase: Phase
    pid: int | None = None
    exit_code: int | None = None
    health_url: str | None = None

    @classmethod
    def of(cls, process: ServiceProcess) -> ServiceState:
        """Return what is to be known of `process`."""
        return cls(
            name=process.service.name,
            port=process.service.port,
            log=process.log,
            phase=process.phase,
            pid=process.pid,
            exit_code=process.exit_code,
            health_url=process.service.health_url,
        )

    @property
    def healthy(self) -> bool:
        """Whether it is ready and, asked now, well."""
        return (
            self.phase == "ready"
            and self.pid is not None
            and is_healthy(self.pid, self.port, self.health_url)
        )


class StackState(BaseModel):
    """A supervisor and its services."""

    supervisor_pid: int
    settings: dict[str, str] = {}
    """What the supervisor was started with, by environment variable."""
    services: list[ServiceState]
    starts: int = 0
    """How many times everything that was not running has been started."""
    error: str | None = None
    """Why the last start failed; null where it did not."""

    @property
    def ready(self) -> bool:
        """Whether every service is ready."""
        return all(service.phase == "ready" for service in self.services)

    def write(self, state: Path) -> None:
        """Replace the file in the folder `state`, at once."""
        new = state / "stack.json.new"
        new.write_text(self.model_dump_json(indent=2))
        new.replace(state / "stack.json")

    @classmethod
    def of_running(cls, state: Path) -> StackState | None:
        """Return what the supervisor of the folder `state` wrote; null if none runs."""
        return cls.read(state) if has_supervisor(state) else None

    @classmethod
    def read(cls, state: Path) -> StackState | None:
        """Return what the last supervisor of the folder `state` wrote; null if there was none."""
        path = state / "stack.json"
        return cls.model_validate_json(path.read_text()) if path.exists() else None
