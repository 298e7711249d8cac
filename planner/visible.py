"""Somebody's text as a person can judge it: what cannot be seen, or passes for another letter, is spelled out.

A person who approves a call reads its values. Bidirectional controls turn the writing round, zero-width and tag
characters hide in it, escape sequences steer a terminal, and a Cyrillic а passes for a Latin one.
"""

import re
import unicodedata
from itertools import groupby

MOST_SPELLED = 4  # hidden characters in a row; of more, only how many they are
LONGEST_QUOTE = 400
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5")
_LOOK_ALIKE = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "MATHEMATICAL", "FULLWIDTH", "LISU")


def visible(text: str) -> str:
    """The text, with `⟨U+202E⟩` for what is hidden and `а⟨U+0430⟩` for a strange letter among Latin ones.

    Line breaks and tabs stay. Text without any of this comes back as it was.
    """
    if text.isascii() and text.isprintable():
        return text
    parts = (_spelled("".join(run)) if hidden else "".join(run) for hidden, run in groupby(text, _is_hidden))
    return re.sub(r"\w+", lambda word: _unmasked(word[0]), "".join(parts))


def quoted(text: str) -> str:
    """In quotation marks that it cannot close, on one line, cut where nobody would read on."""
    flat = " ".join(visible(text).replace("“", '"').replace("”", '"').split())
    cut = f"{flat[:LONGEST_QUOTE].rstrip()}… ({len(flat)} characters)" if len(flat) > LONGEST_QUOTE else flat
    return f"“{cut}”"


def _is_hidden(letter: str) -> bool:
    if letter in "\n\t":
        return False
    return unicodedata.category(letter) in _HIDDEN or letter in _BLANKS or _is_selector(letter)


def _is_selector(letter: str) -> bool:
    """Variation selectors: harmless after an emoji, and 256 of them are enough to write a hidden text with."""
    return "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"


def _spelled(run: str) -> str:
    if len(run) > MOST_SPELLED:
        return f"⟨{len(run)} hidden characters⟩"
    return "".join(f"⟨U+{ord(letter):04X}⟩" for letter in run)


def _unmasked(word: str) -> str:
    """A word that mixes Latin letters with others that look like them."""
    scripts = {letter: _script(letter) for letter in word if letter.isalpha()}
    strange = {letter for letter, script in scripts.items() if script in _LOOK_ALIKE}
    if not strange or len({*scripts.values()}) < 2:
        return word
    return "".join(f"{letter}⟨U+{ord(letter):04X}⟩" if letter in strange else letter for letter in word)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
