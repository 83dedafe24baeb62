"""Which process listens on a loopback port."""

from __future__ import annotations

import random
import socket

import psutil

from local.errors import StackError

__all__ = ["CANDIDATES", "HOST", "free_port", "listening_ports", "require_free"]

HOST = "127.0.0.1"
"""Every service listens on loopback only."""

CANDIDATES = range(20_000, 32_000)
"""The ports that `free_port` chooses from.

They lie below the range that systems give to outgoing connections (32768 and above), so that none
of those takes a port before its service starts.
"""

_chosen: set[int] = set()


def free_port() -> int:
    """Return a loopback port that nobody listens on; no two calls return the same port.

    Raises:
        StackError: Raised when no candidate is left.
    """
    for port in random.SystemRandom().sample(CANDIDATES, len(CANDIDATES)):
        with socket.socket() as probe:
            if port not in _chosen and probe.connect_ex((HOST, port)) != 0:
                _chosen.add(port)
                return port
    raise StackError(f"no free port left in {CANDIDATES.start} to {CANDIDATES.stop - 1}")


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
        StackError: Raised when a process listens; contains its pid and program.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise StackError(
                f"port {port} is taken by {_owner(port)}; stop that process, or choose another "
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
