"""How the Java programs of Kafka are called and given their files."""

from __future__ import annotations

from pathlib import Path
from string import Template

from local.settings import BUILD

__all__ = ["JARS", "PLUGINS", "java", "render"]

JARS = BUILD / "jars" / "kafka"
"""What `local/kafka/pom.xml` brings."""
PLUGINS = BUILD / "plugins"
"""What the connector's Maven module makes: one folder per Connect plugin."""

_HERE = Path(__file__).parent
# Small and quick to start, and no files in the system's temporary folder.
_JVM_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")


def java(main_class: str, *arguments: str, heap: str, scratch: Path) -> list[str]:
    """Return the command of a Kafka program.

    Args:
        main_class: The program.
        arguments: Its arguments; never a secret.
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
    """Write the properties file `name` of this package to `target`, its placeholders filled."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(Template((_HERE / name).read_text()).substitute(values))
