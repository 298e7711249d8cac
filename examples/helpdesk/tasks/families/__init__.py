"""The 47 task families, the generator over them, and over pairs of them."""

from collections.abc import Iterator
from datetime import date
from itertools import count as count_from
from itertools import cycle, islice
from random import Random

from examples.helpdesk.tasks.families import access, accounts, equipment, policies, tickets
from examples.helpdesk.tasks.families.asides import ASIDES
from examples.helpdesk.tasks.families.family import Family
from examples.helpdesk.tasks.families.joined import JoinedScene, Unfit, joined, pairs, together
from examples.helpdesk.tasks.families.scene import Scene
from examples.helpdesk.tasks.task import HelpDeskTask, Split
from examples.helpdesk.tasks.wording import Rendered, Wording, render, wordings
from examples.helpdesk.tasks.world import world

ALL = (*accounts.FAMILIES, *access.FAMILIES, *equipment.FAMILIES, *tickets.FAMILIES, *policies.FAMILIES)
FAMILIES: dict[str, Family] = {family.name: family for family in ALL}
HELD_OUT = frozenset(family.name for family in ALL if family.held_out)

# The desk's dates, one of every weekday.
DAYS = tuple(
    date.fromisoformat(day)
    for day in ("2026-02-10", "2026-04-22", "2026-06-15", "2026-08-27", "2026-10-02", "2026-12-05", "2027-01-17")
)
COMPANY_SEED = 7
_TRIES = 30


def generate(split: Split, *, seed: int, per_family: int, newest: int = 0) -> list[HelpDeskTask]:
    """The same tasks for the same arguments; a held-out family has tasks in `test` only.

    `newest`: only in the last so many wordings of each family; 0: in all.
    """
    families = (family for family in ALL if _occurs(family, split))
    return [task for family in families for task in _tasks(family, split, seed, per_family, newest)]


def generate_asides(split: Split, *, seed: int, per_family: int) -> list[HelpDeskTask]:
    """Requests to know something, or to leave something alone."""
    return [task for family in ASIDES for task in _tasks(family, split, seed, per_family, 0)]


def generate_joined(split: Split, *, seed: int, count: int) -> list[HelpDeskTask]:
    """Tasks of two wishes; each is of a pair of families, named by both: `reset_mfa+grant_vpn`. None in `test`."""
    if split == "test":
        raise ValueError("Two wishes in one request are said in the train and dev splits only.")
    rng = Random(f"{seed}/{split}/joined")
    found = pairs(split)
    rng.shuffle(found)
    made = (_joined(found[at % len(found)], split, at, rng) for at in count_from(0))
    return list(islice((task for task in made if task), count))


def _joined(pair: tuple[str, str], split: Split, number: int, rng: Random) -> HelpDeskTask | None:
    for _ in range(_TRIES):
        try:
            return _task(joined(*(FAMILIES[name] for name in pair)), split, together(*pair, split, rng), number, rng)
        except Unfit:
            continue
    return None


def _occurs(family: Family, split: Split) -> bool:
    return split == "test" or not family.held_out


def _tasks(family: Family, split: Split, seed: int, count: int, newest: int) -> Iterator[HelpDeskTask]:
    used: set[str] = set()
    name = f"{seed}/{split}/{family.name}"
    for number, wording in enumerate(islice(_in_turn(family, split, Random(name), newest), count)):
        for attempt in range(_TRIES):
            task = _task(family, split, wording, number, Random(f"{name}/{number}/{attempt}"))
            if task.text not in used:
                break
        used.add(task.text)
        yield task


def _in_turn(family: Family, split: Split, rng: Random, newest: int) -> Iterator[Wording]:
    """All wordings again and again; a refusal takes own and borrowed ones in turn, so that half of them are tried."""
    found = list(wordings(family.name, split, newest=newest))
    rng.shuffle(found)
    own = [wording for wording in found if not wording.borrowed_from]
    borrowed = [wording for wording in found if wording.borrowed_from]
    if family.outcome != "refused" or not own or not borrowed:
        return cycle(found)
    return (wording for pair in zip(cycle(own), cycle(borrowed), strict=True) for wording in pair)


def _task(family: Family, split: Split, wording: Wording, number: int, rng: Random) -> HelpDeskTask:
    now = rng.choice(DAYS)
    scene = (JoinedScene if "+" in family.name else Scene)(
        world=world(COMPANY_SEED, now), wording=wording, split=split, now=now, rng=rng
    )
    goal = family.build(scene)
    scene.fill_rest()
    written = _written(scene, wording, split, rng)
    return HelpDeskTask(
        id=f"{split}-{family.name}-{number:03d}",
        family=family.name,
        split=split,
        text=written.text,
        requester=scene.requester,
        now=now,
        setup=tuple(scene.setup),
        outcome=family.outcome,
        goal=goal,
        forbidden=family.forbidden,
        held_out=family.held_out,
        spans=written.spans,
        values=scene.values,
        wording=wording.pattern,
        seam=written.seam,
        telling=family.outcome == "refused" and not wording.borrowed_from,
        seed=COMPANY_SEED,
    )


def _written(scene: Scene, wording: Wording, split: Split, rng: Random) -> Rendered:
    me = str(scene.world.accounts[scene.requester]["full_name"])
    return render(wording, scene.slots, rng=rng, split=split, me=me)
