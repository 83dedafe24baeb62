"""What the supervisor lets others know: one small file in the state folder."""

from __future__ import annotations

from pathlib import Path

import psutil
from pydantic import BaseModel

from local.stack.process import Phase, ServiceProcess, is_healthy

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
    supervisor_started_at: float
    """Seconds since the epoch; tells the supervisor from a later process with the same pid."""
    services: list[ServiceState]
    starts: int = 0
    """How many times everything that was not running has been started."""
    error: str | None = None
    """Why the last start failed; null where it did not."""

    @property
    def supervisor(self) -> psutil.Process | None:
        """The supervisor; null when it has ended."""
        try:
            process = psutil.Process(self.supervisor_pid)
            if abs(process.create_time() - self.supervisor_started_at) > 1:
                return None
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except psutil.NoSuchProcess:
            return None

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
    def read(cls, state: Path) -> StackState | None:
        """Return what the last supervisor of the folder `state` wrote; null if there was none."""
        path = state / "stack.json"
        return cls.model_validate_json(path.read_text()) if path.exists() else None
