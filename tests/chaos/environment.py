"""A local environment of its own, in which each link between services can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
from botocore.credentials import Credentials
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from ingestion.kafka_rest.contract import KafkaRestError
from local.environment import Environment
from local.errors import StackError
from local.files import write_atomically
from local.secrets import Secrets
from local.services import api_gateway, spark
from local.services.kafka import broker, connect, kafka_rest
from local.services.ministack import kinesis, s3
from local.settings import HOST, Settings
from local.supervisor.ports import free_port
from local.supervisor.process import Service
from local.supervisor.supervisor import Supervisor
from local.temporary import free_ports, temporary_state
from tests.chaos import clocks, disks, network
from tests.chaos.clocks import Clocks
from tests.chaos.disks import Disks
from tests.chaos.network import Links
from tests.chaos.schedule import Fault
from tests.support.faulty_aws import (
    INTERNAL_FAILURE,
    THROTTLED,
    FaultyAws,
    answering,
    dropped,
    failing_s3,
    faulty_aws,
    refused,
)

__all__ = ["KINDS", "ChaosEnvironment", "chaos_environment"]

SERVICES = ("s3", "kinesis", "broker", "kafka_rest", "connect", "api_gateway", "spark")
_LINKS = {
    "emulator to gateway": "api_gateway_port",
    "gateway to proxy": "kafka_rest_port",
    "gateway to kinesis": "kinesis_port",
    "clients to broker": "broker_port",
    "connect to s3": "landing_port",
    "spark to s3": "landing_port",
    "spark to kinesis": "kinesis_port",
}
"""The links, and the port that the caller is told."""
_INTERFACES = {
    "s3 answers 500": ("s3", "PUT", failing_s3(500, "InternalError")),
    "s3 answers 503": ("s3", "PUT", failing_s3(503, "SlowDown")),
    "s3 fails reads": ("s3", "GET", failing_s3(503, "SlowDown")),
    "kinesis throttles": ("kinesis", "PutRecords", answering(THROTTLED)),
    "kinesis fails": ("kinesis", "PutRecords", answering(INTERNAL_FAILURE)),
    "kinesis loses answers": ("kinesis", "PutRecords", dropped(after=True)),
    "kinesis refuses some": ("kinesis", "PutRecords", refused(every=3)),
}
"""Errors of the interfaces: the service, its action, and the fault."""

_HEAL_SECONDS = 300.0
_START_ERRORS = (StackError, KafkaRestError, OSError)
"""A service does not start while its neighbours have faults, or while the disk of one that it needs
is full. The end of the run starts it."""

KINDS = {
    "kill": (SERVICES, 5.0),
    "pause": (SERVICES, 30.0),
    "stop": (SERVICES, 10.0),
    **{kind: (tuple(_LINKS), longest) for kind, (longest, _) in network.KINDS.items()},
    **{kind: ((target,), 10.0) for kind, (target, _, _) in _INTERFACES.items()},
}
"""The targets of each kind of fault, and the longest time that it lasts."""


class ChaosEnvironment(Environment):
    """The environment, and the faults that it can have. Use it from the main thread."""

    def __init__(
        self,
        settings: Settings,
        supervisor: Supervisor,
        links: Links,
        interfaces: Mapping[str, FaultyAws],
        disks: Disks | None,
        clocks: Clocks | None,
    ) -> None:
        super().__init__(settings)
        self.supervisor = supervisor
        self.links = links
        self._interfaces = interfaces
        self._disks = disks
        self._clocks = clocks

    @property
    def api_url(self) -> str:
        """The API behind its link."""
        return f"http://{HOST}:{self.links.ports['emulator to gateway']}/prod"

    def begin(self, fault: Fault) -> None:
        """Let a fault begin."""
        match fault.kind:
            case "kill":
                self.supervisor.processes[fault.target].kill()
            case "stop":
                self.supervisor.stop([fault.target])
            case "pause":
                self._signal(fault.target, psutil.Process.suspend)
            case "fill" if self._disks:
                self._disks.fill(fault.target)
            case kind if kind in clocks.STEPS and self._clocks:
                self._step(self._clocks, fault.target, clocks.STEPS[kind])
            case kind if kind in _INTERFACES:
                _, action, how = _INTERFACES[kind]
                self._interfaces[fault.target].fail(action, how, calls=100_000)
            case kind:
                self.links.fail(fault.target, kind)

    def end(self, fault: Fault) -> None:
        """Let a fault end; a service that does not start yet is started at the end of the run."""
        match fault.kind:
            case "kill" | "stop":
                with suppress(*_START_ERRORS):
                    self.supervisor.start([fault.target])
            case "pause":
                self._signal(fault.target, psutil.Process.resume)
            case "fill" if self._disks:
                self._disks.free(fault.target)
                with suppress(*_START_ERRORS):  # Kafka has ended; Spark may need a restart
                    self.supervisor.start([fault.target])
            case kind if kind in clocks.STEPS and self._clocks:
                self._step(self._clocks, fault.target, clocks.REAL)
            case kind if kind in _INTERFACES:
                self._interfaces[fault.target].heal(_INTERFACES[kind][1])
            case kind:
                self.links.heal(fault.target, kind)

    def heal(self) -> None:
        """Resume and start all services, also if the run was interrupted within a fault.

        A service may need several starts, because the last faults of its neighbours delay it.

        Raises:
            StackError: Raised when a service does not start.
            KafkaRestError: Raised when the broker does not answer.
        """
        for name in self.supervisor.processes:
            self._signal(name, psutil.Process.resume)
        for attempt in Retrying(
            retry=retry_if_exception_type(_START_ERRORS),
            stop=stop_after_delay(_HEAL_SECONDS),
            wait=wait_fixed(1),
            reraise=True,
        ):
            with attempt:
                self.supervisor.start()

    def kill(self) -> None:
        """Kill all services, so that nothing waits for one of them."""
        for process in self.supervisor.processes.values():
            process.kill()

    def restart(self, service: str) -> None:
        """Stop a service and start it again."""
        self.supervisor.stop([service])
        self.supervisor.start([service])

    def reporting_full_disks(self) -> list[str]:
        """Return the services whose logs report a full disk."""
        processes = self.supervisor.processes.items()
        return [name for name, process in processes if disks.is_reported_in(process.log)]

    def _step(self, own: Clocks, service: str, offset: str) -> None:
        own.set(service, offset)
        with suppress(*_START_ERRORS):
            self.restart(service)

    def _signal(self, name: str, send: Callable[[psutil.Process], None]) -> None:
        """Send a signal to a service and its children, such as Spark's Python processes.

        It may have ended, because it could not start again.
        """
        process = self.supervisor.processes[name]
        if not process.alive:
            return
        main = psutil.Process(process.pid)
        for one in [main, *main.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                send(one)


@contextmanager
def chaos_environment(*, with_clocks: bool = False) -> Iterator[ChaosEnvironment]:
    """Start an environment with all services, each link through a proxy.

    Args:
        with_clocks: Whether the targets of clock faults have clocks of their own.

    Yields:
        The environment.
    """
    with ExitStack() as exits:
        state = exits.enter_context(temporary_state())
        settings = Settings.model_validate({
            "state": state,
            "rotate_seconds": 5.0,
            **free_ports(),
        })
        small_disks = exits.enter_context(disks.small_disks(settings))
        toxiproxy = Supervisor(
            [network.toxiproxy(state / "toxiproxy", port := free_port())], settings.logs
        )
        exits.callback(toxiproxy.stop)
        toxiproxy.start()
        secrets = Secrets.of(state)
        key = Credentials(secrets.aws_access_key_id, secrets.aws_secret_access_key)
        interfaces = {
            "s3": exits.enter_context(faulty_aws(settings.landing_url)),
            "kinesis": exits.enter_context(faulty_aws(settings.kinesis_url, key)),
        }
        behind = {
            "landing_port": interfaces["s3"].port,
            "kinesis_port": interfaces["kinesis"].port,
        }
        targets = {
            link: behind.get(setting, getattr(settings, setting))
            for link, setting in _LINKS.items()
        }
        links = Links.create(f"http://{HOST}:{port}", targets)
        services = _services(settings, links)
        own_clocks = Clocks(state / "clocks") if with_clocks else None
        if own_clocks:
            services = [own_clocks.given_to(service) for service in services]
        supervisor = Supervisor(services, settings.logs)
        exits.callback(supervisor.stop)
        supervisor.start()
        yield ChaosEnvironment(settings, supervisor, links, interfaces, small_disks, own_clocks)


def _services(settings: Settings, links: Links) -> list[Service]:
    """Return the services; each calls its neighbours through the links."""
    secrets = Secrets.of(settings.state)

    def calling(*names: str) -> Settings:
        return settings.model_copy(update={_LINKS[name]: links.ports[name] for name in names})

    broker_port = links.ports["clients to broker"]
    return [
        s3(settings, secrets),
        kinesis(settings, secrets),
        _advertising(broker(settings, secrets), settings, broker_port),
        kafka_rest(calling("clients to broker"), secrets),
        connect(calling("clients to broker", "connect to s3"), secrets),
        api_gateway.service(calling("gateway to proxy", "gateway to kinesis"), secrets),
        spark.service(calling("spark to s3", "spark to kinesis"), secrets),
    ]


def _advertising(service: Service, settings: Settings, port: int) -> Service:
    """Return the broker; it tells its clients to connect through the link."""
    properties = Path(service.command[-1])

    def prepare() -> None:
        service.prepare()
        own = f"advertised.listeners = PLAINTEXT://{HOST}:"
        text = properties.read_text()
        write_atomically(properties, text.replace(f"{own}{settings.broker_port}", f"{own}{port}"))

    return replace(service, prepare=prepare)
