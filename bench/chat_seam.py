"""What the benchmarks of other people's environments share: one turn over HTTP, and shares with their intervals.

Runs in the benchmark's own environment, so it needs httpx and nothing of ours.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Seam:
    """A running `lamp serve`. `key` is one of `lamp keys create`, where the service asks for keys."""

    url: str
    key: str = "none"
    model: str = "lamplighter"

    def turn(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """The assistant's message. Ends the script, with what to do, when the service cannot be used."""
        import httpx

        asked = {"model": self.model, "messages": list(messages), "tools": list(tools), **more}
        try:
            reply = httpx.post(
                f"{self.url.rstrip('/')}/v1/chat/completions",
                json=asked,
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=300,
            )
        except httpx.TransportError as error:
            sys.exit(f"{self.url} does not answer ({error}). Start `lamp serve`, and give its address with --url.")
        if reply.is_error:
            sys.exit(f"{self.url} answered {reply.status_code}: {reply.text[:500]}")
        message: dict[str, Any] = reply.json()["choices"][0]["message"]
        return message


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
