"""Keys of the tenant, for its administrators."""

from fastapi import APIRouter, Depends

from api.deps import IdentityDep, SessionsDep, needs
from api.schemas_people import KeyList, KeyView, NewKey, NewKeyView
from knowledge.keys import mint

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[Depends(needs("admin", "see or change keys"))])


@router.post("", status_code=201)
def create(new: NewKey, sessions: SessionsDep, asking: IdentityDep) -> NewKeyView:
    """Make a key. It is told in this answer and never again."""
    made = mint(tenant=asking.tenant, name=new.name, role=new.role, requester=new.requester, days=new.days)
    sessions.services.record.keys.add(made.key)
    return NewKeyView(**KeyView.model_validate(made.key).model_dump(), key=made.said)


@router.get("")
def list_(sessions: SessionsDep, asking: IdentityDep) -> KeyList:
    """All keys of the tenant, oldest first, the revoked ones too."""
    return KeyList(keys=[KeyView.model_validate(key) for key in sessions.services.record.keys.list(asking.tenant)])


@router.delete("/{key_id}")
def revoke(key_id: str, sessions: SessionsDep, asking: IdentityDep) -> KeyView:
    """From now on it opens nothing; whoever signed in with it is out as well."""
    return KeyView.model_validate(sessions.services.record.keys.revoke(key_id, asking.tenant))
