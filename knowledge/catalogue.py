"""Applications and the actions they offer, at rest."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select

from knowledge.codec import from_json, to_json
from knowledge.compensations import with_confirmed
from knowledge.errors import NotFound
from knowledge.store import Database, Matrix, Vectors, bump, packed, revision, size, unpacked
from knowledge.tables import ActionRow, ApplicationRow
from knowledge.types import ActionSpec


@dataclass(frozen=True, kw_only=True)
class Application:
    """How to reach an application.

    The secret called `secret_name` goes into the header `auth_header` (as `Bearer <secret>` if that is
    `Authorization`); the requester's name into `on_behalf_of_header`. An empty name: the header is not sent.
    `private`: whoever added it did so while its host's name stood for an address of a private network.
    """

    name: str
    base_url: str
    title: str = ""
    auth_header: str = ""
    secret_name: str = ""
    on_behalf_of_header: str = ""
    private: bool = False


class Catalogue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, application: Application, actions: Sequence[ActionSpec], vectors: Matrix, tenant: str = "default"
    ) -> None:
        """Replaces the application of that name and all its actions. `vectors` [len(actions), D]."""
        rows = packed(vectors, count=len(actions))
        if foreign := [action.id for action in actions if action.app != application.name]:
            raise ValueError(f"Not actions of {application.name}: {', '.join(foreign)}")
        with self._database.writing() as session:
            session.execute(delete(ApplicationRow).filter_by(tenant=tenant, name=application.name))
            session.add(ApplicationRow(tenant=tenant, **asdict(application)))
            session.flush()
            for position, (action, vector) in enumerate(zip(actions, rows, strict=True)):
                session.add(_action_row(action, tenant, position, vector))
            bump(session, "action", tenant)

    def applications(self, tenant: str = "default") -> list[Application]:
        """Ordered by name."""
        with self._database.reading() as session:
            rows = session.scalars(select(ApplicationRow).filter_by(tenant=tenant).order_by(ApplicationRow.name))
            return [_application(row) for row in rows]

    def actions(self, tenant: str = "default", apps: Sequence[str] = ()) -> list[ActionSpec]:
        """In the order of `vectors`; only those of `apps`, if any are named."""
        query = select(ActionRow.spec).where(ActionRow.tenant == tenant).order_by(ActionRow.app, ActionRow.position)
        if apps:
            query = query.where(ActionRow.app.in_(apps))
        with self._database.reading() as session:
            found = [from_json(ActionSpec, spec) for spec in session.scalars(query)]
            return with_confirmed(session, found, tenant)

    def size(self, tenant: str = "default") -> int:
        """How many actions there are."""
        with self._database.reading() as session:
            return size(session, ActionRow, tenant)

    def vectors(self, tenant: str = "default") -> Vectors:
        query = (
            select(ActionRow.id, ActionRow.vector)
            .where(ActionRow.tenant == tenant)
            .order_by(ActionRow.app, ActionRow.position)
        )
        with self._database.reading() as session:
            return unpacked([(row.id, row.vector) for row in session.execute(query)])

    def get(self, action_id: str, tenant: str = "default") -> ActionSpec:
        """Raises NotFound."""
        with self._database.reading() as session:
            if row := session.get(ActionRow, (tenant, action_id)):
                return with_confirmed(session, [from_json(ActionSpec, row.spec)], tenant)[0]
        raise NotFound(f"There is no action {action_id}.", remedy="`lamp apps add` adds an application's actions.")

    def remove(self, app: str, tenant: str = "default") -> None:
        """Raises NotFound."""
        with self._database.writing() as session:
            gone = delete(ApplicationRow).filter_by(tenant=tenant, name=app).returning(ApplicationRow.name)
            if not session.execute(gone).all():
                raise NotFound(f"There is no application {app}.", remedy="`lamp apps add` adds one.")
            bump(session, "action", tenant)

    def revision(self, tenant: str = "default") -> int:
        """Grows with every change of this tenant's actions, in any process."""
        with self._database.reading() as session:
            return revision(session, "action", tenant)


def _action_row(action: ActionSpec, tenant: str, position: int, vector: bytes) -> ActionRow:
    return ActionRow(
        tenant=tenant, id=action.id, app=action.app, position=position, spec=to_json(action), vector=vector
    )


def _application(row: ApplicationRow) -> Application:
    return Application(
        name=row.name,
        base_url=row.base_url,
        title=row.title,
        auth_header=row.auth_header,
        secret_name=row.secret_name,
        on_behalf_of_header=row.on_behalf_of_header,
        private=row.private,
    )
