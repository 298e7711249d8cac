"""Secrets of applications: from the environment or this machine's keyring; none is in the record or a file of ours."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from api.settings import Settings
from knowledge.errors import BadConfiguration

PRACTICE = "helpdesk"  # its token is made up at each start, for made-up people on this machine
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Secrets:
    """Each tenant has its own: an application of the same name in another tenant gets nothing of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held: dict[tuple[str, str], str] = {}
        self._known = {each.get_secret_value() for each in settings.secrets.values()} - {""}
        self._looked_for: set[tuple[str, str]] = set()

    def of(self, tenant: str) -> Callable[[str], str]:
        """The tenant's secret of a name; raises BadConfiguration if there is none."""
        return lambda name: self.get(name, tenant)

    def get(self, name: str, tenant: str) -> str:
        """Raises BadConfiguration."""
        found = self._found(name, tenant)
        if found is not None:
            return found
        old = self._settings.data_dir / "secrets" / name
        remedy = f"Give it: lamp apps secret {name}" + (f" < {old} (then delete the file)." if old.is_file() else ".")
        raise BadConfiguration(f"There is no secret {name!r}.", remedy=remedy)

    def has(self, name: str, tenant: str) -> bool:
        return self._found(name, tenant) is not None

    def known(self) -> frozenset[str]:
        """Every value that this process was given or has read: what is kept or told has none of them in it."""
        return frozenset(self._known)

    def learn(self, name: str, tenant: str) -> None:
        """So that `known` has it before it is used; a keyring that cannot be opened is told when it is needed."""
        if name and (tenant, name) not in self._looked_for:
            self._looked_for.add((tenant, name))
            with suppress(BadConfiguration):
                self._found(name, tenant)

    def put(self, name: str, value: str, tenant: str) -> None:
        """Into the keyring. Raises BadConfiguration where there is none."""
        from keyring import get_password, set_password
        from keyring.errors import KeyringError

        place = _service(_checked(name), tenant)
        if not value:
            raise BadConfiguration("The secret is empty.", remedy="Type it, or send it through a pipe.")
        try:
            set_password(place, name, value)
            kept = get_password(place, name) == value
        except KeyringError as error:
            raise _no_keyring(name) from error
        if not kept:
            raise _no_keyring(name)

    def hold(self, name: str, value: str, tenant: str) -> None:
        """For as long as this process lives."""
        self._held[tenant, _checked(name)] = value

    def lend(self, value: str) -> None:
        """The practice help desk's token, in a file for its owner only: other processes work with the same desk."""
        self._lent.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._lent.with_name(f".{self._lent.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(value)
        fresh.replace(self._lent)

    @property
    def _lent(self) -> Path:
        return self._settings.data_dir / "practice.token"

    def _found(self, name: str, tenant: str) -> str | None:
        if found := self._looked_up(name, tenant):
            self._known.add(found)
        return found

    def _looked_up(self, name: str, tenant: str) -> str | None:
        if (tenant, _checked(name)) in self._held:
            return self._held[tenant, name]
        given = self._settings.secrets
        own = given.get(name) if tenant == self._settings.tenant else None
        if secret := given.get(f"{tenant}/{name}") or own:
            return secret.get_secret_value()
        if name == PRACTICE and tenant == self._settings.tenant and self._lent.is_file():
            return self._lent.read_text(encoding="utf-8")
        return _in_keyring(name, tenant)


def _in_keyring(name: str, tenant: str) -> str | None:
    from keyring import get_password
    from keyring.errors import KeyringError, NoKeyringError

    try:
        return get_password(_service(name, tenant), name)
    except NoKeyringError:
        return None
    except KeyringError as error:
        raise BadConfiguration(
            f"The keyring cannot be opened: {error}.", remedy="Unlock it, or use LAMP_SECRETS."
        ) from error


def _service(name: str, tenant: str) -> str:
    return f"lamplighter/{tenant}/{name}"


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise BadConfiguration(f"{name!r} is not a name for a secret.", remedy="Use letters, digits, _ . and -.")
    return name


def _no_keyring(name: str) -> BadConfiguration:
    return BadConfiguration(
        "This machine has no keyring that keeps secrets.",
        remedy=f"""Put it into the environment of the service: LAMP_SECRETS='{{"{name}": "…"}}'.""",
    )
