"""The door of the service: whose key is it, and does anyone need one?"""

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from api.errors import Unknown
from api.identity import Identity, identity_of
from api.wiring import Services

COOKIE = "lamp_session"
SESSION_S = 12 * 3600.0
MOST_SESSIONS = 10_000
REMEDY = "Send Authorization: Bearer KEY, or sign in at /signin. `lamp keys create` makes a key."


@dataclass(frozen=True, kw_only=True)
class _Session:
    """Of a browser. `until_s` is on the monotonic clock."""

    key_id: str
    tenant: str
    until_s: float


class Door:
    """Sessions of browsers live in memory: after a restart people sign in again. Safe to use from several threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sessions: dict[str, _Session] = {}  # by the hash of what the cookie holds
        self._lock = threading.Lock()

    @property
    def asks(self) -> bool:
        """Once a key exists, or when others than this machine can reach the service, nobody gets in without one."""
        settings = self._services.settings
        return not settings.loopback_only or self._services.record.keys.any()

    def identify(self, authorization: str = "", cookies: str = "") -> Identity:
        """Of the two headers. Raises Unknown."""
        if not self.asks:
            return Identity(tenant=self._services.settings.tenant, role="admin")
        if authorization:
            return self._by_key(authorization)
        if session := _cookie(cookies):
            return self._by_session(session)
        raise Unknown("This service asks for a key.", remedy=REMEDY)

    def still(self, identity: Identity) -> Identity:
        """The same one as of now: for pages that stay open. Raises Unknown if the key was revoked or has expired."""
        if not self.asks:
            return identity
        key = self._services.record.keys.still(identity.key_id, identity.tenant)
        if key is None:
            raise Unknown("The key you signed in with opens nothing any more.", remedy="Sign in with another key.")
        return identity_of(key)

    def sign_in(self, said: str) -> str:
        """What the browser's cookie shall hold. Raises Unknown."""
        identity = self._by_key(f"Bearer {said.strip()}")
        token, now_s = secrets.token_urlsafe(32), time.monotonic()
        with self._lock:
            self._sessions = {each: it for each, it in self._sessions.items() if it.until_s > now_s}
            while len(self._sessions) >= MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[_digest(token)] = _Session(
                key_id=identity.key_id, tenant=identity.tenant, until_s=now_s + SESSION_S
            )
        return token

    def sign_out(self, cookies: str) -> None:
        with self._lock:
            self._sessions.pop(_digest(_cookie(cookies)), None)

    def _by_key(self, authorization: str) -> Identity:
        scheme, _, said = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unknown(f"{scheme} is not how to sign in here.", remedy=REMEDY)
        key = self._services.record.keys.checked(said.strip())
        if key is None:
            raise Unknown("This key is unknown, expired or revoked.", remedy=REMEDY)
        return identity_of(key)

    def _by_session(self, token: str) -> Identity:
        with self._lock:
            session = self._sessions.get(_digest(token))
        if session is None or session.until_s <= time.monotonic():
            raise Unknown("You are not signed in any more.", remedy=REMEDY)
        key = self._services.record.keys.still(session.key_id, session.tenant)
        if key is None:
            raise Unknown("The key you signed in with opens nothing any more.", remedy=REMEDY)
        return identity_of(key)


def _cookie(cookies: str) -> str:
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
