"""Everything Lamplighter raises on purpose, and who can mend it.

LamplighterError
├── UserError                the person at the keyboard can mend it; the message names the remedy
│   ├── BadDocument          empty, binary, unreadable or too large documentation
│   ├── BadCatalogue         an OpenAPI document that cannot be read
│   ├── NotFound             no such run, document, action, trajectory or adapter
│   ├── EmptyIndex           nothing was ingested yet
│   ├── TooFew               not enough verified runs to learn from
│   ├── TooLate              somebody decided it before
│   ├── NotUndoable          a run of which nothing can be undone
│   ├── Forbidden            what the one who asks, or Lamplighter itself, may not do
│   └── BadConfiguration     a setting, policy, adapter or data file that cannot be used
├── WorldError               the application or the network failed; the run sees it as an observation
│   ├── Unreachable          nothing answers at that address, or not in time
│   └── ApplicationError     the application answered with an error status
└── ModelError               the model proposed something that cannot be done; becomes an observation
    └── Ungrounded           an argument has no source or does not satisfy its schema

Anything else that escapes is a bug of ours.
"""


class LamplighterError(Exception):
    """Base of all errors raised on purpose."""


class UserError(LamplighterError):
    """`message` says what is wrong, `remedy` what to do about it; both are shown, never a traceback."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class BadDocument(UserError):
    """Documentation that cannot be ingested."""


class BadCatalogue(UserError):
    """An OpenAPI document that cannot be turned into actions."""


class NotFound(UserError):
    """Asked for by id or name, and not there."""


class EmptyIndex(UserError):
    """A search before anything was ingested."""


class TooFew(UserError):
    """Not enough verified runs to learn from and to measure on."""


class TooLate(UserError):
    """A decision about what was decided, withdrawn or used before."""


class NotUndoable(UserError):
    """A run that changed nothing, or nothing that can be taken back."""


class Forbidden(UserError):
    """Not allowed: to this role, or to anyone (an address that is never called)."""


class BadConfiguration(UserError):
    """A setting, policy, adapter or data file that cannot be used."""


class WorldError(LamplighterError):
    """The world outside failed."""


class Unreachable(WorldError):
    """No answer: connection refused, name unknown, or timeout."""


class ApplicationError(WorldError):
    """An error status from the application; `code` is its machine-readable reason, if it gave one."""

    def __init__(self, message: str, *, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class ModelError(LamplighterError):
    """The model's mistake."""


class Ungrounded(ModelError):
    """An argument without a source, or whose value its schema refuses."""
