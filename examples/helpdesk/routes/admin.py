"""For tests and training: reset, snapshot, patches, injected faults. Not in the OpenAPI document."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from examples.helpdesk.database import Database, Patch
from examples.helpdesk.faults import Fault, Faults
from examples.helpdesk.schema import Row

router = APIRouter(prefix="/_admin")


class Reset(BaseModel):
    """Seed and date of the restored state; without them those that the service was started with."""

    seed: int | None = None
    today: date | None = None


class Done(BaseModel):
    ok: bool = True


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _faults(request: Request) -> Faults:
    faults: Faults = request.app.state.faults
    return faults


Data = Annotated[Database, Depends(_database)]


@router.post("/reset")
def reset(database: Data, faults: Annotated[Faults, Depends(_faults)], body: Reset | None = None) -> Done:
    wanted = body or Reset()
    database.reset(seed=wanted.seed, today=wanted.today)
    faults.clear()
    return Done()


@router.get("/snapshot")
def snapshot(database: Data) -> dict[str, list[Row]]:
    return database.snapshot()


@router.post("/patch")
def patch(database: Data, body: list[Patch]) -> Done:
    database.patch(body)
    return Done()


@router.get("/writes")
def writes(database: Data) -> dict[str, int]:
    return database.accepted_writes()


@router.post("/fault")
def fault(faults: Annotated[Faults, Depends(_faults)], body: Fault) -> Done:
    faults.add(body)
    return Done()
