"""Which parameters are sensitive: marked in the catalogue, or by a pattern of the policy."""

import re
from collections.abc import Iterable

from knowledge.types import ActionSpec


def sensitive_names(spec: ActionSpec, patterns: Iterable[str]) -> frozenset[str]:
    """Names of the action's parameters that a stranger's text must not fill without a person."""
    wanted = tuple(patterns)
    return frozenset(p.name for p in spec.parameters if p.sensitive or names_fit(p.name, wanted))


def names_fit(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern fits the whole name or one of its words: `account` fits `account_id`, not `accounting`."""
    said = {name.casefold(), *words_of(name)}
    return any(fits(word, pattern.casefold()) for pattern in patterns for word in said)


def words_of(name: str) -> tuple[str, ...]:
    """`targetAccount_id` → target, account, id."""
    return tuple(word.casefold() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+", name))


def fits(text: str, glob: str) -> bool:
    """`*` stands for any characters, dots too; nothing else is special."""
    return re.fullmatch(".*".join(map(re.escape, glob.split("*"))), text, re.DOTALL) is not None
