"""How far away the days are that a request names: rules speak of lengths of time, people of days.

"Until 12 February" is shown as "until 12 February (in 31 days)", so that the choosing pass can see that a day is said,
and how long that would be. Nothing is pointed to here: values are pointed to in the words as they were written.
"""

import re
from contextlib import suppress
from datetime import datetime
from functools import lru_cache

from models.values import as_date

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_FULL_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_YEAR = r"(?:,?\s+\d{4}\b)?"
_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_DAY_OF_MONTH = (
    rf"(?:(?:{_WEEKDAY},?\s+)?(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}{_YEAR}"
    rf"|(?:{_WEEKDAY},?\s+)?{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b{_YEAR})"
)
DAY_OF_MONTH = re.compile(rf"\b{_DAY_OF_MONTH}", re.IGNORECASE)
HALF_A_DAY = re.compile(rf"(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?|{_MONTH}", re.IGNORECASE)
_DAYS = re.compile(
    rf"\b(?:\d{{4}}-\d{{2}}-\d{{2}}"
    rf"|\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{4}}|\d{{2}})"
    rf"|{_DAY_OF_MONTH}"
    rf"|(?:next\s+|this\s+|coming\s+)?{_WEEKDAY}"
    rf"|tomorrow"
    rf"|end\s+of\s+(?:(?:the|this|next)\s+(?:week|month|year)|{_FULL_MONTH}(?:\s+\d{{4}}\b)?))"
    rf"|\b(?:in|for|of)\s+(?P<span>{_COUNT}\s+(?:day|week|month|year)s?)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def dated(text: str, now: datetime) -> str:
    """The text, with the distance from `now` behind every day and length of time that it names."""
    return _DAYS.sub(lambda found: f"{found[0]}{_distance(found, now)}", text)


def _distance(found: re.Match[str], now: datetime) -> str:
    """Empty where the words look like a day and are none, as in "31 February"."""
    with suppress(ValueError, OverflowError):
        said = f"in {found['span']}" if found["span"] else found[0]
        days = (as_date(" ".join(said.split()), now.date()) - now.date()).days
        if found["span"]:
            return f" ({days} days)"
        return f" (in {days} days)" if days >= 0 else f" ({-days} days ago)"
    return ""
