"""A folder with any legal name gets a plain name for the programs that need one."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local import plain_paths
from local.environment import Environment
from local.errors import StackError
from local.notebook.runner import kernel_variables
from local.plain_paths import Links, plain_path
from local.secrets import Secrets
from local.services.__main__ import down
from local.services.stack import all_services
from local.settings import Settings

ODD_NAME = "Smith, Jo; 50% #1 $x (é) 'q' \"d\""
PLAIN = re.compile(r"[\w/.-]+", re.ASCII)


def fits(name: str) -> bool:
    return name not in {".", ".."} and len(name.encode()) <= 255


LEGAL = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="/:")
NAMES = st.text(LEGAL, min_size=1).filter(fits)


@pytest.fixture(scope="module", autouse=True)
def links_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the links of these tests away from those of the user's stacks."""
    folder = tmp_path_factory.mktemp("user") / "links"
    own = Links(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_paths, "_links", own)
        yield folder
    own.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("states")


def configuration(state: Path) -> Sequence[str]:
    """Return all that the programs and kernels of a stack read, with its folder as `<state>`."""
    environment = Environment(Settings(state=state))
    key = {"id": "secret", "secret": "secret"}
    environment.secrets = Secrets.model_validate({
        name: key if name.endswith("_aws_key") else "secret" for name in Secrets.model_fields
    })
    (state / "kafka" / "data").mkdir(parents=True, exist_ok=True)
    (state / "kafka" / "data" / "meta.properties").touch()  # formatting it would start a JVM
    services = {s.name: s for s in all_services(environment.settings, environment.secrets)}
    texts: list[str] = []
    for name in ("broker", "connect", "spark"):
        services[name].prepare()
        texts += [*services[name].command, *services[name].environment.values()]
    texts += kernel_variables(environment).values()
    files = ("kafka/broker.properties", "connect/connect.properties", "spark/spark.conf")
    texts += [(state / file).read_text() for file in files]
    return [text.replace(str(plain_path(state)), "<state>") for text in texts]


@example(name=ODD_NAME)
@given(name=NAMES)
@settings(max_examples=30, deadline=None)
def test_only_the_plain_name_reaches_programs_and_kernels(folder: Path, name: str) -> None:
    state = folder / name

    assert configuration(state) == configuration(folder / "plain")
    assert PLAIN.fullmatch(str(plain_path(state)))
    assert plain_path(state).resolve() == state


def test_the_environment_of_an_odd_checkout_gets_a_plain_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = Environment(Settings(state=tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ODD_NAME))

    services = all_services(environment.settings, environment.secrets)

    (spark,) = [service for service in services if service.name == "spark"]
    python = spark.environment["PYSPARK_PYTHON"]
    assert PLAIN.fullmatch(python)
    assert Path(python).resolve() == tmp_path / ODD_NAME / "bin" / "python"


def test_a_plain_path_stays_as_it_is(tmp_path: Path) -> None:
    links = Links(tmp_path / "links")

    assert links.link(Path("/home/ann/pinterest-1.0/.local")) == Path(
        "/home/ann/pinterest-1.0/.local"
    )
    assert not (tmp_path / "links").exists()


def test_a_link_has_the_same_name_after_all_links_were_removed(tmp_path: Path) -> None:
    links, odd = Links(tmp_path / "links"), tmp_path / ODD_NAME
    before = links.link(odd)
    links.close()

    Links(tmp_path / "links").remove()
    assert not (tmp_path / "links").exists()
    assert Links(tmp_path / "links").link(odd) == before
    assert before.readlink() == odd


def test_links_return_when_their_folder_was_removed_by_hand(tmp_path: Path) -> None:
    links, odd = Links(tmp_path / "links"), tmp_path / ODD_NAME
    links.link(odd).unlink()
    (tmp_path / "links").rmdir()

    assert links.link(odd).is_symlink()


def test_only_the_user_can_read_the_links(tmp_path: Path) -> None:
    Links(tmp_path / "links").link(tmp_path / ODD_NAME)

    assert stat.S_IMODE((tmp_path / "links").stat().st_mode) == 0o700


def test_no_link_is_removed_while_a_process_uses_one(tmp_path: Path) -> None:
    user, other = Links(tmp_path / "links"), Links(tmp_path / "links")
    link = user.link(tmp_path / ODD_NAME)

    other.remove()
    assert link.is_symlink()
    user.close()
    other.remove()
    assert not link.is_symlink()


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "links").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)

    with pytest.raises(
        StackError, match=r"folder of the user 12345; got another user's.*remove it"
    ):
        Links(tmp_path / "links").link(tmp_path / ODD_NAME)
    Links(tmp_path / "links").remove()
    assert (tmp_path / "links").exists()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_only_a_real_folder_holds_links(tmp_path: Path, kind: str) -> None:
    if kind == "file":
        (tmp_path / "links").touch()
    else:
        (tmp_path / "links").symlink_to(tmp_path)

    with pytest.raises(StackError, match="to be a folder of the user"):
        Links(tmp_path / "links").link(tmp_path / ODD_NAME)


def test_down_removes_the_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = Links(tmp_path / "links")
    links.link(tmp_path / ODD_NAME)
    links.close()
    monkeypatch.setattr(plain_paths, "_links", links)
    monkeypatch.setenv("PINTEREST_STATE", str(tmp_path / ODD_NAME))

    down()

    assert not (tmp_path / "links").exists()
