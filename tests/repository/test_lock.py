"""The lock: everything exactly, and everything that pyproject asks for."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from repository import read

CUDA = re.compile(r"nvidia-|cuda-|triton")
PROJECT: dict[str, Any] = tomllib.loads(read("pyproject.toml"))
LOCKED = [Requirement(line) for line in read("requirements.lock").splitlines()]
ASKED = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["dev"],
    *PROJECT["build-system"]["requires"],
]


@pytest.mark.parametrize("locked", LOCKED, ids=str)
def test_a_line_names_one_exact_version(locked: Requirement) -> None:
    assert re.fullmatch(r"==[^*=,]+", str(locked.specifier))
    assert locked.url is None
    assert not locked.extras


def test_torch_is_pinned_and_its_build_is_the_users_choice() -> None:
    torch = [locked for locked in LOCKED if locked.name == "torch"]
    assert [str(each) for each in torch] == ["torch==2.13.0"]
    assert "torch==2.13.0" in PROJECT["project"]["dependencies"]
    assert not [each.name for each in LOCKED if CUDA.match(each.name)]


@pytest.mark.parametrize("asked", ASKED)
def test_what_pyproject_asks_for_is_locked(asked: str) -> None:
    wanted = Requirement(asked)
    found = [each for each in LOCKED if canonicalize_name(each.name) == canonicalize_name(wanted.name)]
    assert found
    for locked in found:
        (pin,) = locked.specifier
        assert wanted.specifier.contains(pin.version, prereleases=True)


def test_what_is_locked_needs_nothing_else_on_this_machine() -> None:
    """Of those that are installed here: each one's own needs, with the extras that are asked for."""
    names = {canonicalize_name(each.name) for each in LOCKED}
    extras = {canonicalize_name(each.name): each.extras for each in map(Requirement, ASKED)}
    missing = {
        f"{name} needs {need}"
        for name in sorted(names)
        for need in needs(name, extras.get(name, set()))
        if need not in names and not CUDA.match(need)
    }
    assert "starlette" in needs("fastapi", set())
    assert missing == set()


def needs(name: str, extras: set[str]) -> set[str]:
    try:
        wanted = [Requirement(each) for each in distribution(name).requires or []]
    except PackageNotFoundError:
        return set()  # for another system
    chosen = [
        each for each in wanted if not each.marker or any(each.marker.evaluate({"extra": e}) for e in {"", *extras})
    ]
    return {canonicalize_name(each.name) for each in chosen}
