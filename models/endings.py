"""The four ways a run ends, offered beside the actions at every step."""

from typing import Final

ENDING_TEXTS: Final = {
    "finish": "everything that was asked for has been done",
    "ask": "something needed is missing or unclear, ask the requester",
    "escalate": "a person or another team has to handle this",
    "refuse": "the policy forbids this, decline the request",
}
ENDINGS: Final = tuple(ENDING_TEXTS)
