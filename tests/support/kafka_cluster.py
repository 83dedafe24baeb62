"""Three brokers that replicate each record, as on MSK."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local.files import fill_placeholders
from local.services.kafka import _java, _new_cluster_id
from local.settings import HOST, ROOT
from local.supervisor.ports import free_port
from local.supervisor.process import Service
from local.supervisor.supervisor import Supervisor

__all__ = ["KafkaCluster", "kafka_cluster"]

_TEMPLATE = ROOT / "local" / "kafka" / "broker.properties"
_NODES = (1, 2, 3)


class KafkaCluster:
    """A running cluster.

    Args:
        supervisor: Runs the brokers.
        ports: The port of each broker, by its id.

    Attributes:
        bootstrap_servers: The addresses of all brokers.
    """

    def __init__(self, supervisor: Supervisor, ports: dict[int, int]) -> None:
        self._supervisor = supervisor
        self.bootstrap_servers = ",".join(f"{HOST}:{port}" for port in ports.values())
        self._admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})

    def leader(self, topic: str) -> int:
        """Return the id of the broker that leads partition 0; -1 while there is none."""
        partitions = self._partitions(topic)
        return partitions[0][0] if partitions else -1

    def in_sync(self, topic: str) -> int:
        """Return the smallest number of in-sync replicas of the partitions; 0 if unknown."""
        return min((in_sync for _, in_sync in self._partitions(topic)), default=0)

    def _partitions(self, topic: str) -> list[tuple[int, int]]:
        """Return leader and number of in-sync replicas by partition; empty without an answer."""
        try:
            found = self._admin.list_topics(topic, timeout=10).topics[topic].partitions
        except KafkaException:
            return []
        return [(found[number].leader, len(found[number].isrs)) for number in sorted(found)]

    def kill(self, node: int) -> None:
        self._supervisor.processes[_name(node)].kill()

    def start(self, node: int) -> None:
        self._supervisor.start([_name(node)])


@contextmanager
def kafka_cluster(folder: Path) -> Iterator[KafkaCluster]:
    """Run three brokers with their files in `folder`; each is a controller, too."""
    ports = {node: (free_port(), free_port()) for node in _NODES}
    voters = ",".join(f"{node}@{HOST}:{ports[node][1]}" for node in _NODES)
    cluster_id = _new_cluster_id()
    services = [_broker(folder / str(node), node, ports[node], voters) for node in _NODES]
    for service in services:
        properties = Path(service.command[-1])
        options = ("format", "--cluster-id", cluster_id, "--config", str(properties))
        tool = _java("kafka.tools.StorageTool", *options, heap="64m", home=properties.parent)
        subprocess.run(tool, check=True, capture_output=True)
    supervisor = Supervisor(services, folder)
    try:
        supervisor.start()
        yield KafkaCluster(supervisor, {node: ports[node][0] for node in _NODES})
    finally:
        for process in supervisor.processes.values():
            process.kill()  # without a quorum, the last one would not stop by itself
        supervisor.stop()


def _broker(home: Path, node: int, ports: tuple[int, int], voters: str) -> Service:
    """Return one broker; its configuration is that of the stack's, with three copies."""
    (home / "scratch").mkdir(parents=True)
    broker_port, controller_port = ports
    values = {
        "host": HOST,
        "broker_port": broker_port,
        "controller_port": controller_port,
        "data": home / "data",
    }
    text = fill_placeholders(_TEMPLATE.read_text(), values)
    for name, value in (
        ("node.id", str(node)),
        ("controller.quorum.voters", voters),
        ("offsets.topic.replication.factor", "3"),
        ("transaction.state.log.replication.factor", "3"),
        ("transaction.state.log.min.isr", "2"),
    ):
        text, replaced = re.subn(rf"(?m)^{re.escape(name)} = .*", f"{name} = {value}", text)
        assert replaced == 1, f"expected one line {name} in {_TEMPLATE}"
    properties = home / "broker.properties"
    properties.write_text(text)
    return Service(
        name=_name(node),
        command=_java("kafka.Kafka", str(properties), heap="256m", home=home),
        ports={"BROKER_PORT": broker_port, "CONTROLLER_PORT": controller_port},
        stop_seconds=20,
    )


def _name(node: int) -> str:
    return f"broker-{node}"
