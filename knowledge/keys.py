"""API keys: made, checked and at rest. Only their hash is kept; the key itself is shown once, to who made it."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal as OneOf
from typing import TypeAlias

from sqlalchemy import select, update

from knowledge.errors import BadConfiguration, NotFound
from knowledge.store import Database
from knowledge.tables import ApiKeyRow

Role: TypeAlias = OneOf["requester", "operator", "admin"]
ROLES: Sequence[Role] = ("requester", "operator", "admin")
SECRET_BYTES = 32  # 256 random bits cannot be guessed, so a fast hash is enough: docs/decisions/0009
ID_BYTES = 6


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """What is known of a key. `requester` is the account that its holder acts as; `id` is no secret."""

    id: str
    tenant: str
    name: str
    role: Role
    hash: str
    created_at: datetime
    requester: str = ""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, kw_only=True)
class Minted:
    """A new key, and what its holder says: `lamp_<id>_<secret>`."""

    key: ApiKey
    said: str


def mint(
    *, tenant: str, name: str, role: Role, requester: str = "", days: float | None = None, now: datetime | None = None
) -> Minted:
    """`days` until it expires; None: never. Raises BadConfiguration for a requester's key without an account."""
    if role not in ROLES:
        raise BadConfiguration(f"{role!r} is no role.", remedy=f"Use one of {', '.join(ROLES)}.")
    if role == "requester" and not requester:
        raise BadConfiguration(
            "A requester's key needs the account it acts as.", remedy="Name it: lamp keys create NAME --requester ada."
        )
    if days is not None and not 0 < days <= 36_500:
        raise BadConfiguration("A key is valid for more than no days.", remedy="Give --days between 1 and 36500.")
    now = now or datetime.now(UTC)
    said = f"lamp_{secrets.token_hex(ID_BYTES)}_{secrets.token_urlsafe(SECRET_BYTES)}"
    key = ApiKey(
        id=_id_of(said),
        tenant=tenant,
        name=name,
        role=role,
        hash=_digest(said),
        created_at=now,
        requester=requester,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    return Minted(key=key, said=said)


Keys: TypeAlias = list[ApiKey]


class KeyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: ApiKey) -> None:
        with self._database.writing() as session:
            session.add(_row(key))

    def checked(self, said: str, *, now: datetime | None = None) -> ApiKey | None:
        """The key that somebody shows, if there is such a one and it can be used. It says whose tenant it opens."""
        with self._database.reading() as session:
            row = session.get(ApiKeyRow, _id_of(said))
            key = _key(row) if row else None
        if key is None or not hmac.compare_digest(key.hash.encode(), _digest(said).encode()):
            return None
        return key if key.usable(now or datetime.now(UTC)) else None

    def still(self, id: str, tenant: str, *, now: datetime | None = None) -> ApiKey | None:
        """The key of this id, if it can still be used."""
        with self._database.reading() as session:
            row = session.scalars(select(ApiKeyRow).filter_by(id=id, tenant=tenant)).one_or_none()
            key = _key(row) if row else None
        return key if key and key.usable(now or datetime.now(UTC)) else None

    def list(self, tenant: str = "default") -> Keys:
        """Oldest first, the revoked ones too."""
        query = select(ApiKeyRow).filter_by(tenant=tenant).order_by(ApiKeyRow.created_at, ApiKeyRow.id)
        with self._database.reading() as session:
            return [_key(row) for row in session.scalars(query)]

    def revoke(self, id: str, tenant: str = "default", *, now: datetime | None = None) -> ApiKey:
        """From now on it opens nothing. Raises NotFound."""
        at = (now or datetime.now(UTC)).timestamp()
        found = select(ApiKeyRow).filter_by(id=id, tenant=tenant)
        with self._database.writing() as session:
            row = session.scalars(found).one_or_none()
            if row is None:
                raise NotFound(f"There is no key {id}.", remedy="`lamp keys list` shows them.")
            unrevoked = update(ApiKeyRow).where(ApiKeyRow.id == id, ApiKeyRow.revoked_at.is_(None))
            session.execute(unrevoked.values(revoked_at=at))
            session.refresh(row)
            return _key(row)

    def any(self) -> bool:
        """Whether a key was ever made, for any tenant; a revoked one counts, or revoking the last would open all."""
        with self._database.reading() as session:
            return session.scalars(select(ApiKeyRow.id).limit(1)).first() is not None


def _id_of(said: str) -> str:
    parts = said.split("_", 2)
    return parts[1] if len(parts) == 3 and parts[0] == "lamp" else ""


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


def _row(key: ApiKey) -> ApiKeyRow:
    return ApiKeyRow(
        id=key.id,
        tenant=key.tenant,
        name=key.name,
        role=key.role,
        requester=key.requester,
        hash=key.hash,
        created_at=key.created_at.timestamp(),
        expires_at=key.expires_at.timestamp() if key.expires_at else None,
        revoked_at=key.revoked_at.timestamp() if key.revoked_at else None,
    )


def _key(row: ApiKeyRow) -> ApiKey:
    role = next((role for role in ROLES if role == row.role), None)
    if role is None:
        raise BadConfiguration(f"Key {row.id} has the role {row.role!r}.", remedy="Use the Lamplighter that made it.")
    return ApiKey(
        id=row.id,
        tenant=row.tenant,
        name=row.name,
        role=role,
        hash=row.hash,
        created_at=_time(row.created_at),
        requester=row.requester,
        expires_at=None if row.expires_at is None else _time(row.expires_at),
        revoked_at=None if row.revoked_at is None else _time(row.revoked_at),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
