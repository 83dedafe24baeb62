"""The links between services, through a Toxiproxy that lets them fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from local.settings import BUILD, HOST
from local.supervisor.ports import free_port
from local.supervisor.process import Service

__all__ = ["KINDS", "Links", "toxiproxy"]

_PROGRAM = BUILD / "toxiproxy" / "toxiproxy"
_ANSWER_SECONDS = 10
_DIRECTIONS = ("upstream", "downstream")

KINDS: Mapping[str, tuple[float, tuple[Mapping[str, object], ...]]] = {
    "latency": (20.0, ({"type": "latency", "attributes": {"latency": 800, "jitter": 400}},)),
    "slow": (15.0, ({"type": "bandwidth", "attributes": {"rate": 30}},)),
    "reset": (5.0, ({"type": "reset_peer", "attributes": {"timeout": 50}},)),
    "half-open": (15.0, ({"type": "timeout", "attributes": {"timeout": 0}},)),
    "cut off": (5.0, ({"type": "limit_data", "attributes": {"bytes": 2_000}},)),
    "partition": (20.0, ()),
}
"""Each fault of a link: the longest time that it lasts, and its toxics. Without any, the link is
closed. In both directions data is late, slow, lost, or cut off."""


def toxiproxy(state: Path, port: int) -> Service:
    """Return Toxiproxy as a service."""
    return Service(
        name="toxiproxy",
        command=[str(_PROGRAM), f"-host={HOST}", f"-port={port}"],
        ports={"PINTEREST_TOXIPROXY_PORT": port},
        health_url=f"http://{HOST}:{port}/version",
        prepare=lambda: state.mkdir(parents=True, exist_ok=True),
    )


@dataclass(frozen=True)
class Links:
    """The links of one environment.

    Attributes:
        url: Address of Toxiproxy.
        ports: The port at which the callers of each link find it.
    """

    url: str
    ports: Mapping[str, int]

    @classmethod
    def create(cls, url: str, targets: Mapping[str, int]) -> Links:
        """Open a link to the port of each target."""
        links = cls(url, {name: free_port() for name in targets})
        for name, port in targets.items():
            proxy = {
                "name": name,
                "listen": f"{HOST}:{links.ports[name]}",
                "upstream": f"{HOST}:{port}",
                "enabled": True,
            }
            links._call("POST", "proxies", proxy)
        return links

    def fail(self, link: str, kind: str) -> None:
        """Let a link fail until it is healed."""
        _, toxics = KINDS[kind]
        if not toxics:
            self._call("POST", f"proxies/{link}", {"enabled": False})
        for toxic in toxics:
            for stream in _DIRECTIONS:
                self._call("POST", f"proxies/{link}/toxics", {**toxic, "stream": stream})

    def heal(self, link: str, kind: str) -> None:
        """End the fault of a link. Its connections end, too: those of some faults are stuck."""
        _, toxics = KINDS[kind]
        for toxic in toxics:
            for stream in _DIRECTIONS:
                self._call("DELETE", f"proxies/{link}/toxics/{toxic['type']}_{stream}")
        self._call("POST", f"proxies/{link}", {"enabled": False})
        self._call("POST", f"proxies/{link}", {"enabled": True})

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> None:
        answer = requests.request(method, f"{self.url}/{path}", json=body, timeout=_ANSWER_SECONDS)
        answer.raise_for_status()
