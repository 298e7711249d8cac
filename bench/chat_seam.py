"""What the benchmarks of other people's environments share: one turn over HTTP, and shares with their intervals.

Runs in the benchmark's own environment, so it needs httpx and nothing of ours.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Item = TypeVar("Item")
USELESS = (401, 403, 404)  # the next turn would fare no better


@dataclass
class Seam:
    """A running `lamp serve`. `key` is one of `lamp keys create`, where the service asks for keys.

    `failed` counts the turns it could not answer: each of them costs one task, not all that was measured before.
    """

    url: str
    key: str = "none"
    model: str = "lamplighter"
    failed: int = 0

    def turn(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """The assistant's message; one that says nothing, where the service could not answer this turn.

        Ends the script, with what to do, when the service cannot be used at all.
        """
        reply = self._asked({"model": self.model, "messages": list(messages), "tools": list(tools), **more})
        if reply.status_code in USELESS:
            sys.exit(f"{self.url} answered {reply.status_code}: {reply.text[:500]}")
        if reply.is_error:
            self.failed += 1
            print(f"a turn was answered {reply.status_code}: {reply.text[:500]}", file=sys.stderr, flush=True)
            return {"role": "assistant", "content": None}
        message: dict[str, Any] = reply.json()["choices"][0]["message"]
        return message

    def _asked(self, wanted: dict[str, Any]) -> Any:
        """The answer, waited for while the service says that there were too many requests."""
        import httpx

        address, headers = f"{self.url.rstrip('/')}/v1/chat/completions", {"Authorization": f"Bearer {self.key}"}
        try:
            while (reply := httpx.post(address, json=wanted, headers=headers, timeout=300)).status_code == 429:
                time.sleep(float(reply.headers.get("Retry-After", 1)))
        except httpx.TransportError as error:
            sys.exit(f"{self.url} does not answer ({error}). Start `lamp serve`, and give its address with --url.")
        return reply


def wilson(right: int, n: int) -> tuple[float, float]:
    """95 % interval of a share."""
    if not n:
        return 0.0, 1.0
    z, share = 1.96, right / n
    centre, spread = share + z * z / (2 * n), z * ((share * (1 - share) + z * z / (4 * n)) / n) ** 0.5
    return round((centre - spread) / (1 + z * z / n), 4), round((centre + spread) / (1 + z * z / n), 4)


def share(right: int, n: int) -> float:
    return round(right / n, 4) if n else 0.0


def told(many: Sequence[Item], what: str) -> Iterator[Item]:
    """Each, told on stderr: the last line of stdout is the report."""
    for number, each in enumerate(many, start=1):
        print(f"{what} {number} of {len(many)}", file=sys.stderr, flush=True)
        yield each
