"""Wordings that are nearly the same: of all their words, places left out, at least six in ten are in both."""

import re
from collections import defaultdict
from collections.abc import Iterable
from math import ceil

NEAR = 0.6
SHORT = 3  # so few words are like many others


def said(pattern: str) -> frozenset[str]:
    """Its words, without `{places}`."""
    return frozenset(re.findall(r"[a-z']+", re.sub(r"\{[\w.]+\}", "", pattern).lower()))


def near(patterns: Iterable[str], measured: Iterable[str]) -> list[tuple[str, str]]:
    """Every pair of one of each that are near, but for short patterns."""
    having = defaultdict[str, list[tuple[str, frozenset[str]]]](list)
    for other in dict.fromkeys(measured):
        for word in said(other):
            having[word].append((other, said(other)))
    found = []
    for pattern in patterns:
        words = said(pattern)
        if len(words) <= SHORT:
            continue
        # Who is near has so many of the words that one at least is among the few that are rarest elsewhere.
        rarest = sorted(words, key=lambda word: len(having[word]))[: len(words) - ceil(NEAR * len(words)) + 1]
        others = {one for word in rarest for one in having[word]}
        found += [(pattern, other) for other, s in others if len(s & words) >= NEAR * len(s | words)]
    return found
