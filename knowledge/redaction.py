"""What must not be kept is taken out on the way in: secrets of applications, and what `LAMP_REDACT` names.

On the way in, and nowhere later: what is decided, run and stored is then one and the same text, and every provenance
span counts in it. `docs/decisions/0014-privacy.md` says why.
"""

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote, quote_plus

from knowledge.errors import BadDocument
from knowledge.redaction_patterns import Pattern, patterns_of
from knowledge.types import JsonValue, Observation, Task

MARK = re.compile(r"\[redacted:[a-z0-9-]{1,40}\]")
SHORTEST_SECRET = 4  # shorter ones would be found everywhere
PATIENCE_S, PATIENCE_S_PER_CHARACTER = 2.0, 10e-6


class Redactor:
    """Safe to use from several threads. What was redacted once is not touched again.

    `secrets` gives the values known at the moment.
    """

    def __init__(self, given: Iterable[str] = (), *, secrets: Callable[[], Collection[str]] = tuple) -> None:
        """Raises BadConfiguration naming the pattern that cannot be used."""
        self.given = tuple(given)
        self._patterns = patterns_of(self.given)
        self._secrets = secrets

    def text(self, text: str) -> str:
        """With `[redacted:NAME]` in place; as a whole, where a pattern takes too long over it."""
        try:
            return self._redacted(text)
        except TooSlow as error:
            return f"[redacted:{error.pattern}]"

    def document(self, text: str, source: str) -> str:
        """Raises BadDocument where a pattern takes too long."""
        try:
            return self._redacted(text)
        except TooSlow as error:
            message = f"The pattern {error.pattern} of LAMP_REDACT takes too long over {source}."
            raise BadDocument(
                message, remedy="Write the pattern so that it repeats less, or split the document."
            ) from error

    def value(self, value: JsonValue) -> JsonValue:
        """Every string and number in it, names of fields too; of several that become the same name none is lost."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, bool) or value is None:
            return value
        plain = str(value)
        found = self.text(plain)
        return value if found == plain else found

    def task(self, task: Task) -> Task:
        """The requester's account stays: it is who asks."""
        utterances = tuple(replace(each, text=self.text(each.text)) for each in task.utterances)
        return replace(task, text=self.text(task.text), utterances=utterances)

    def observation(self, seen: Observation) -> Observation:
        code, message = self.text(seen.code), self.text(seen.message)
        return replace(seen, body=self.value(seen.body), code=code, message=message)

    def require_no_secret(self, text: str, source: str) -> None:
        """Raises BadDocument for a document with a known secret in it: that is no place for it."""
        secret = spellings(self._known())
        if secret and secret.search(text):
            raise BadDocument(
                f"{source} has the secret of an application in it.",
                remedy="Take it out, and give the application another secret: this one was seen.",
            )

    def _known(self) -> frozenset[str]:
        return frozenset(self._secrets())

    def _mapping(self, value: Mapping[str, JsonValue]) -> JsonValue:
        found: dict[str, JsonValue] = {}
        for name, each in value.items():
            name = taken = self.text(name)
            number = 1
            while taken in found:
                number += 1
                taken = f"{name} {number}"
            found[taken] = self.value(each)
        return found

    def _redacted(self, text: str) -> str:
        """Between the marks that are there already."""
        if secret := spellings(self._known()):
            text = _between(text, lambda part: secret.sub("[redacted:secret]", part))
        for pattern in self._patterns:
            text = _between(text, lambda part, pattern=pattern: _without(pattern, part))  # type: ignore[misc]
        return text


class TooSlow(Exception):
    """A pattern took longer over a text than it may."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.pattern = pattern


def marked(value: JsonValue) -> bool:
    """Whether something was taken out of it: nobody knows any more what it was."""
    return MARK.search(value if isinstance(value, str) else json.dumps(value)) is not None


def touches_mark(text: str, start: int, end: int) -> bool:
    return any(mark.start() < end and start < mark.end() for mark in MARK.finditer(text))


def _between(text: str, change: Callable[[str], str]) -> str:
    marks, kept = MARK.findall(text), MARK.split(text)
    changed = [change(part) for part in kept]
    return changed[0] + "".join(mark + part for mark, part in zip(marks, changed[1:], strict=True))


def _without(pattern: Pattern, text: str) -> str:
    found, after = [], 0
    for start, end in _spans(pattern, text):
        found += [text[after:start], f"[redacted:{pattern.name}]"]
        after = end
    return "".join([*found, text[after:]])


def _spans(pattern: Pattern, text: str) -> Iterator[tuple[int, int]]:
    """In order, without overlap. A match that does not hold hides no later one that begins within it."""
    patience_s, after = PATIENCE_S + PATIENCE_S_PER_CHARACTER * len(text), 0
    try:
        for match in pattern.expression.finditer(text, overlapped=pattern.holds is not None, timeout=patience_s):
            length = len(match[0]) if pattern.holds is None else pattern.holds(match[0])
            if length and match.start() >= after:
                after = match.start() + length
                yield match.start(), after
    except TimeoutError as error:
        raise TooSlow(pattern.name) from error


# ---- secrets


@lru_cache(maxsize=64)
def spellings(secrets: frozenset[str]) -> re.Pattern[str] | None:
    """Finds any of them as it is, or as an application may send it back; None if there are none to find."""
    known = {each for secret in secrets for each in _spelt(secret) if len(each) >= SHORTEST_SECRET}
    return re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True)))) if known else None


def _spelt(secret: str) -> Iterator[str]:
    for each in (secret, *_parts(secret)):
        yield from (each, quote(each, safe=""), quote_plus(each), html.escape(each), json.dumps(each)[1:-1])
        for encoded in (base64.b64encode(each.encode()), base64.urlsafe_b64encode(each.encode())):
            yield encoded.decode().rstrip("=")


def _parts(secret: str) -> Iterator[str]:
    """What is secret of `Basic dXNlcjpwYXNz`: what follows the word, and the password in it."""
    _, gap, credentials = secret.partition(" ")
    if not gap:
        return
    yield credentials
    try:
        _, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return
    if colon:
        yield password
