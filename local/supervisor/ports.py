"""Which process listens on a loopback port."""

from __future__ import annotations

import random
import socket

import psutil

from local.errors import PortTakenError
from local.supervisor.service import HOST

__all__ = ["free_port", "listening_ports", "require_free"]


def free_port() -> int:
    """Return a loopback port that no process listens on at this moment.

    It lies below the range that systems give to outgoing connections (32768 and above). So no
    outgoing connection takes it before the service starts.
    """
    while True:
        port = random.randint(20_000, 32_000)  # noqa: S311  # not a secret
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port


def listening_ports(process: psutil.Process) -> set[int]:
    """Return the TCP ports that `process` or one of its descendants listens on."""
    try:
        family = [process, *process.children(recursive=True)]
        return {
            connection.laddr.port
            for member in family
            for connection in member.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
    except psutil.NoSuchProcess:
        return set()


def require_free(port: int, variable: str) -> None:
    """Check that no process listens on `port`.

    Args:
        port: The loopback port that a service is about to use.
        variable: The environment variable that moves the service to another port.

    Raises:
        PortTakenError: Raised when a process listens; contains its pid and program.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTakenError(
                f"port {port} is taken by {_owner(port)}; end that process, or choose another "
                f"port with {variable}=<port>"
            ) from error


def _owner(port: int) -> str:
    for process in psutil.process_iter(["name"]):
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:  # another user's process, or one that has just ended
            continue
        if any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections):
            return f"pid {process.pid} ({process.info['name']})"
    return "a process of another user"
