"""What redaction knows by name, and what may be a pattern of somebody's own: `customer=C-\\d{6}`.

A number counts only if its check digits are right, so that order numbers stay what they are.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import regex

from knowledge.errors import BadConfiguration

Holds: TypeAlias = Callable[[str], int]  # how many of the matched characters it is, from the first; 0: none
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
GAP = r"[ .\-\u00a0\u2009\u202f\u2010-\u2015]?"
CARD = re.compile(r"4\d{12}(\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|6\d{15,18}")
IBAN_LENGTHS = dict(
    re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
        "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
        "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
        "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
        "YE30",
    )
)
PROBES = tuple(sign * 2_000 + end for sign in ("a", "1", " ", "A1", "a@", "-", ".") for end in ("!", "\x00", "a1 !"))
PROBE_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """`holds` looks closer at a match; None: the match is it."""

    name: str
    expression: Any
    holds: Holds | None = None


def patterns_of(given: Iterable[str]) -> tuple[Pattern, ...]:
    """Names of ours, or `name=regular expression`. Raises BadConfiguration naming the one that cannot be used."""
    return tuple(pattern for each in given for pattern in _patterns(each))


@cache
def _patterns(given: str) -> tuple[Pattern, ...]:
    name, says, expression = given.partition("=")
    if not says:
        if name in NAMED:
            return tuple(Pattern(name=name, expression=each.expression, holds=each.holds) for each in NAMED[name])
        raise BadConfiguration(
            f"Redaction knows no pattern {name!r}.", remedy=f"Name one of {', '.join(NAMED)}, or write name=expression."
        )
    if not NAME.fullmatch(name) or name in (*NAMED, "secret"):
        raise BadConfiguration(
            f"{name!r} cannot be the name of a pattern.", remedy="Use another, of small letters, digits and -."
        )
    return (_own(name, expression),)


def _own(name: str, expression: str) -> Pattern:
    """One that matches nothing, does not compile, or takes for ever, is told before it is needed."""
    try:
        compiled = regex.compile(expression)
    except (regex.error, OverflowError, RecursionError) as error:
        raise BadConfiguration(
            f"The pattern {name} is no regular expression: {error}.", remedy="Correct LAMP_REDACT."
        ) from error
    if compiled.search("") is not None:
        raise BadConfiguration(f"The pattern {name} finds empty text.", remedy="Let it match a character or more.")
    try:
        for probe in PROBES:
            compiled.search(probe, timeout=PROBE_S)
    except TimeoutError as error:
        raise BadConfiguration(
            f"The pattern {name} takes very long on some texts.",
            remedy="Avoid one repetition within another, as in (a+)+, and limit what is repeated: {1,40}.",
        ) from error
    return Pattern(name=name, expression=compiled)


# ---- a closer look


def _prefix(found: str, fits: Callable[[str], bool]) -> int:
    """The longest beginning of `found` that fits and does not end within a group of digits or letters."""
    for end in range(len(found), 0, -1):
        whole = end == len(found) or not (found[end].isalnum() and found[end - 1].isalnum())
        if whole and found[end - 1].isalnum() and fits(re.sub(r"[\W_]", "", found[:end])):
            return end
    return 0


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card(found: str) -> int:
    return _prefix(found, lambda digits: bool(CARD.fullmatch(digits)) and _luhn(digits))


def _iban(found: str) -> int:
    def fits(plain: str) -> bool:
        if IBAN_LENGTHS.get(plain[:2].upper()) != str(len(plain)):
            return False
        return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1

    return _prefix(found, lambda plain: plain.isascii() and fits(plain))


def _nir(found: str) -> int:
    plain = re.sub(r"\D", "", found.upper().replace("2A", "19").replace("2B", "18"))
    return len(found) if len(plain) == 15 and 97 - int(plain[:13]) % 97 == int(plain[13:]) else 0


def _dni(found: str) -> int:
    plain = re.sub(r"\W", "", found.upper())
    number = plain[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return len(found) if "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == plain[-1] else 0


def _personnummer(found: str) -> int:
    return len(found) if _luhn(re.sub(r"\D", "", found)[-10:]) else 0


def _made(expression: str, holds: Holds | None = None) -> Pattern:
    return Pattern(name="", expression=regex.compile(expression, regex.IGNORECASE), holds=holds)


NAMED: dict[str, tuple[Pattern, ...]] = {
    "credit-card": (_made(rf"(?<![\w-])(?:\d{GAP}){{12,18}}\d(?!\w)", _card),),
    "iban": (_made(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,29}(?!\w)", _iban),),
    "national-id": (
        _made(r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])"),  # United States
        _made(r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D](?!\w)"),  # UK
        _made(r"(?<!\w)[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB])(?: ?\d{3}){2} ?\d{2}(?!\w)", _nir),  # France
        _made(r"(?<!\w)(?:\d{8}|[XYZ]-?\d{7})-?[A-Z](?!\w)", _dni),  # Spain
        _made(r"(?<!\w)[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?!\w)"),  # Italy
        _made(r"(?<!\w)(?:19|20)?\d{6}[-+]\d{4}(?!\w)", _personnummer),  # Sweden
    ),
    "email": (_made(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])"),),
    "phone": (_made(rf"(?<![\w+])\+\d(?:\)?{GAP}\(?\d){{7,14}}(?!\d)"),),
    "access-token": (
        _made(r"(?<!\w)(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)"),
        _made(r"(?<!\w)(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|lamp_)[\w-]{16,255}"),
        _made(r"(?<!\w)eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
        _made(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\w\s+/=:,.-]{0,20000}?-----END [A-Z ]{0,30}PRIVATE KEY-----"),
    ),
}
