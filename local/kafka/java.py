"""The commands and configuration files of Kafka's Java programs."""

from __future__ import annotations

from pathlib import Path
from string import Template

from local.files import write_atomically
from local.settings import BUILD

__all__ = ["JARS", "PLUGINS", "java", "render"]

JARS = BUILD / "jars" / "kafka"
"""The jars of `local/kafka/pom.xml`."""
PLUGINS = BUILD / "plugins"
"""The output of the connector's Maven module: one folder per Connect plugin."""

_HERE = Path(__file__).parent
# Small, quick to start, and without files in the system's temporary folder.
_JVM_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")


def java(main_class: str, *arguments: str, heap: str, scratch: Path) -> list[str]:
    """Return the command of a Kafka program.

    Args:
        main_class: The program.
        arguments: Its arguments. Never pass a secret.
        heap: Largest heap, such as `256m`.
        scratch: Folder for its temporary files.
    """
    return [
        "java",
        f"-Xmx{heap}",
        *_JVM_OPTIONS,
        f"-Djava.io.tmpdir={scratch}",
        f"-Dlog4j2.configurationFile={(_HERE / 'log4j2.properties').as_uri()}",
        "-cp",
        f"{JARS}/*",
        main_class,
        *arguments,
    ]


def render(name: str, target: Path, **values: object) -> None:
    """Fill the placeholders of this package's file `name` and write it to `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, Template((_HERE / name).read_text()).substitute(values))
