"""Who asks, and what that one may do."""

from dataclasses import dataclass

from knowledge.errors import Forbidden
from knowledge.keys import ROLES, ApiKey, Role


@dataclass(frozen=True, kw_only=True)
class Identity:
    """`requester` is the account the holder acts as, "" if it may name anyone; `key_id` is "" where no key is asked."""

    tenant: str
    role: Role
    requester: str = ""
    key_id: str = ""
    name: str = ""

    @property
    def key_role(self) -> Role | None:
        """None where no key is asked: then whoever is at the machine administers, but need not be who asks."""
        return self.role if self.key_id else None

    @property
    def principal(self) -> str:
        """Who it was, as it is written down; "" where no key is asked."""
        return f"{self.requester or self.name} (key {self.key_id})" if self.key_id else ""

    def may(self, role: Role) -> bool:
        """Each role may do what the ones before it may."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def require(self, role: Role, what: str) -> None:
        """Raises Forbidden; `what` follows "may"."""
        if not self.may(role):
            raise Forbidden(f"A key of the role {self.role} may not {what}.", remedy=f"Use a key of the role {role}.")

    def owns(self, *, tenant: str, requester: str) -> bool:
        """Whether a run is this one's to see: a requester's own, any of the tenant for the others."""
        return tenant == self.tenant and (self.role != "requester" or requester == self.requester)


def identity_of(key: ApiKey) -> Identity:
    return Identity(tenant=key.tenant, role=key.role, requester=key.requester, key_id=key.id, name=key.name)
