"""The examples of docs/chat-completions.md, run as they stand against the running service, with the shipped adapter."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import api
from api.settings import Settings
from api.wiring import build

PAGE = (Path(str(api.__file__)).parents[1] / "docs" / "chat-completions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXPECTED = ["unlock_account {'username': 'mbauer'}\n", "Done: unlock account with username “mbauer”.\n"]


@pytest.fixture
def address(settings: Settings, serve: Callable[..., httpx.Client]) -> Iterator[str]:
    services = build(settings)
    yield str(serve(services).base_url)
    services.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:langchain")
def test_the_examples_do_what_they_say(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(BLOCKS) == len(EXPECTED)
    for block, expected in zip(BLOCKS, EXPECTED, strict=True):
        exec(block.replace("http://127.0.0.1:8600", address), {})
        assert capsys.readouterr().out == expected
