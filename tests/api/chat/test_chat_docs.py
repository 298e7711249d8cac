"""The examples of docs/chat-completions.md, run as they stand against the running service."""

import re
from pathlib import Path

import httpx
import pytest

import api

PAGE = (Path(str(api.__file__)).parents[1] / "docs" / "chat-completions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXPECTED = ["unlock_account {'username': 'mbauer'}\n", "Done: unlock account with username “mbauer”.\n"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:langchain")
def test_the_examples_do_what_they_say(http: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    address = str(http.base_url).rstrip("/")
    assert len(BLOCKS) == len(EXPECTED)
    for block, expected in zip(BLOCKS, EXPECTED, strict=True):
        exec(block.replace("http://127.0.0.1:8600", address), {})
        assert capsys.readouterr().out == expected
