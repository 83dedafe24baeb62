"""The services of one environment, started when a test asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from local.secrets import Secrets
from local.settings import Settings
from local.supervisor.process import Service
from local.supervisor.supervisor import Supervisor

__all__ = ["Poll", "Running"]


class Poll(Protocol):
    """Ask until the answer is truthy."""

    def __call__[T](
        self, condition: Callable[[], T], *, seconds: float = 30, what: str = ...
    ) -> T: ...


class Running:
    """The services of one environment; call it with the names of those that a test needs.

    The Spark server itself starts without S3 and Kinesis. A test that reads or writes there asks
    for "spark" by its name, and gets all three.
    """

    def __init__(self, settings: Settings) -> None:
        from local.services.stack import all_services  # noqa: PLC0415  # many tests need none

        secrets = Secrets.of(settings.state)
        services = {service.name: service for service in all_services(settings, secrets)}
        for name in ("s3", "kinesis"):
            services[name] = _for_everybody(services[name], settings)
        self._used_by_spark = services["spark"].depends_on
        services["spark"] = replace(services["spark"], depends_on=())
        self._supervisor = Supervisor(list(services.values()), settings.logs)

    def __call__(self, *names: str) -> Running:
        self._supervisor.start([*names, *(self._used_by_spark if "spark" in names else ())])
        return self

    def start(self, name: str) -> None:
        """Start one service, without those that only Spark needs."""
        self._supervisor.start([name])

    def stop(self, *names: str) -> None:
        self._supervisor.stop(names or None)

    def kill(self, name: str) -> None:
        self._supervisor.processes[name].kill()

    def pid(self, name: str) -> int:
        pid = self._supervisor.processes[name].pid
        assert pid is not None, f"{name} was not started"
        return pid


def _for_everybody(service: Service, settings: Settings) -> Service:
    """Return the service whose policies allow the topics, streams and buckets of all users.

    Tests have users and buckets of their own, so that they do not see each other's records.
    """
    users = service.environment["GUARD_USERS"]
    for own, all_others in (
        (f"/topics/{settings.user_id}.", "/topics/*."),
        (f"streaming-{settings.user_id}-", "streaming-*-"),
        (f":::{settings.bucket}", ":::*"),
    ):
        users = users.replace(own, all_others)
    return replace(service, environment={**service.environment, "GUARD_USERS": users})
