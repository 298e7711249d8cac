"""The names a person goes by, found in text as whole names, and in the bytes of files however they are spelt there."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from knowledge.errors import UserError
from knowledge.types import JsonValue

FORGOTTEN = "[forgotten]"
SHORTEST = 3
GAP = rb"(?:\s|\\[nrt]|%20|\+)+"
LONG = 6  # from here on a name is no accident among other bytes
MIDDLE = 7  # the same, among bytes written as base64


class BadName(UserError):
    """What cannot be looked for: it would be found everywhere, or nowhere."""


class Names:
    """Case does not matter, nor how an accent is encoded; “Ada Byron” is also found as “Byron, Ada”.

    A name within a longer one is another name: `ada` is not in `ada.byron`, nor in `Adam`.
    """

    def __init__(self, given: Sequence[str]) -> None:
        """Raises BadName."""
        self.given = tuple(dict.fromkeys(_checked(each) for each in given))
        if not self.given:
            raise BadName("There is no name.", remedy="Say an account name, an e-mail address or a full name.")
        spelt = [spelling for each in self.given for spelling in _orders(each)]
        either = "|".join(r"\s+".join(map(re.escape, each.split())) for each in sorted(spelt, key=len, reverse=True))
        self._whole = re.compile(rf"(?<!\w)(?<!\w[.+\-])(?:{either})(?!\w)(?![.+\-]\w)", re.IGNORECASE)
        around = rf"(?<![\w.+\-])(?:\w+[.+\-])*(?:{either})(?!\w)(?:[.+\-]\w+)*"
        self._within = re.compile(around, re.IGNORECASE)
        self.in_bytes = _bytes_pattern(spelt)
        self.anywhere_in_bytes = _bytes_pattern(spelt, longer_than=0)

    def inside(self, value: JsonValue) -> bool:
        """Whether a string in it, or the name of a field, has one of them."""
        return any(self._whole.search(unicodedata.normalize("NFC", text)) for text in strings(value))

    def without(self, text: str) -> str:
        return self._whole.sub(FORGOTTEN, unicodedata.normalize("NFC", text))

    def scrubbed(self, value: JsonValue) -> JsonValue:
        """The value with `[forgotten]` in place of the names, where values, not fields, have them."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, list):
            return [self.scrubbed(each) for each in value]
        return {key: self.scrubbed(each) for key, each in value.items()} if isinstance(value, dict) else value

    def longer(self, value: JsonValue) -> set[str]:
        """Longer names that one of them is a part of, as they are written."""
        texts = (unicodedata.normalize("NFC", text) for text in strings(value))
        return {found for text in texts for found in self._within.findall(text) if not self._whole.search(found)}


def strings(value: JsonValue) -> Iterator[str]:
    """Every string in it, names of fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from strings(each)


def _checked(given: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", given).split())
    if len(name) < SHORTEST or not re.search(r"\w{2}", name):
        raise BadName(f"{given!r} is too short to be looked for.", remedy=f"Give a name of {SHORTEST} letters or more.")
    if len(name) > 200:
        raise BadName("A name of more than 200 letters cannot be looked for.", remedy="Give the name alone.")
    return name


def _orders(name: str) -> tuple[str, ...]:
    *first, last = name.split()
    return (name, f"{last}, {' '.join(first)}") if first and "@" not in name else (name,)


def _bytes_pattern(names: Sequence[str], *, longer_than: int = LONG) -> re.Pattern[bytes]:
    """As UTF-8, in JSON, in addresses, and within base64 of whatever it stands in; short ones by themselves."""
    spelt, encoded = set(), set()
    for name in names:
        for each in {name, name.lower(), name.upper(), name.title()}:
            for form in ("NFC", "NFD"):
                text = unicodedata.normalize(form, each)
                spelt |= {text.encode(), json.dumps(text)[1:-1].encode(), quote(text, safe=" @,").encode()}
                spelt.add(quote(text, safe=" ,").encode())
                encoded |= _middles(text.encode())
    plain = b"|".join(_spaced(each, longer_than) for each in sorted(spelt, key=len, reverse=True))
    exact = b"".join(b"|" + re.escape(each) for each in sorted(encoded))
    return re.compile(b"(?i:" + plain + b")" + exact)


def _spaced(name: bytes, longer_than: int) -> bytes:
    pattern = GAP.join(map(re.escape, name.split()))
    return pattern if len(name) >= longer_than else rb"(?<![0-9A-Za-z_])" + pattern + rb"(?![0-9A-Za-z_])"


def _middles(name: bytes) -> set[bytes]:
    """The part of its base64 that is the same whatever stands before and after it, for each of three places."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + name)
        start, end = -(-before * 8 // 6), (before + len(name)) * 8 // 6
        found.add(encoded[start:end])
    return {each for each in found if len(each) >= MIDDLE}
