"""One task in the making: people and things are picked, made to fit, and given the words they are called by."""

from collections.abc import Callable
from datetime import date
from random import Random

from examples.helpdesk.tasks import dates
from examples.helpdesk.tasks.task import Change, Patch, Row, Split, Value
from examples.helpdesk.tasks.wording import Wording, values
from examples.helpdesk.tasks.world import World

LAPTOP = ("laptop", "laptop", "work laptop", "notebook")
PHONE = ("phone", "phone", "work phone", "mobile phone", "mobile", "smartphone")
Where = Callable[[Row], bool]


class Scene:
    """What a family's builder works with; `setup`, `slots` and `values` collect what it decides."""

    def __init__(self, *, world: World, wording: Wording, split: Split, now: date, rng: Random) -> None:
        self.world, self.wording, self.split, self.now, self.rng = world, wording, split, now, rng
        self.slots: dict[str, str] = {}
        self.values: dict[str, Value] = {}
        self.setup: list[Patch] = []
        self.requester: str = ""
        self._taken: set[Value] = set()

    def says(self, *flags: str) -> bool:
        return any(flag in self.wording.flags for flag in flags)

    # People

    def person(
        self,
        *,
        slot: str = "person",
        status: str = "active",
        vip: bool = False,
        where: Where = lambda row: True,
        **needed: Value,
    ) -> Row:
        """Someone with a name of their own, brought into this status and these column values."""
        others = status != "disabled"
        fitting = [
            row
            for row in self.world.accounts.values()
            if row["vip"] is vip
            and row["full_name"] not in self.world.same_names
            and row["username"] not in self._taken
            and not (others and row["status"] == "disabled")
            and not (self.says("manager") and row["manager"] is None)
            and where(row)
        ]
        chosen = self.rng.choice(fitting)
        self._taken.add(chosen["username"])
        self.slots[slot] = self.called(chosen)
        if slot == "person":
            self.requester = self.requester or self._asking_for(chosen)
        return self.brought("accounts", "username", chosen, {"status": status, **needed})

    def called(self, account: Row) -> str:
        """Full name mostly, username or e-mail address at times."""
        weights = [88, 12, 0] if self.says("self") else [72, 15, 13]
        return str(account[self.rng.choices(["full_name", "username", "email"], weights)[0]])

    def colleague(self, where: Where = lambda row: True) -> str:
        """Some active ordinary employee who is not yet part of the scene."""
        return str(
            self.rng.choice(
                [
                    row["username"]
                    for row in self.world.accounts.values()
                    if row["status"] == "active"
                    and not row["vip"]
                    and row["username"] not in self._taken
                    and row["full_name"] not in self.world.same_names
                    and where(row)
                ]
            )
        )

    def human_resources(self) -> str:
        return self.colleague(lambda row: row["department"] == "Human Resources")

    def _asking_for(self, person: Row) -> str:
        if self.says("self"):
            return str(person["username"])
        if self.says("manager"):
            return str(person["manager"])
        return self.human_resources() if self.says("hr") else self.colleague()

    # Things

    def until(self, *, first: int = 1, last: int = 90) -> str:
        """The end date, as the wording asks for it: a date or a length of time."""
        if "duration" in self.wording.slots:
            slot, spoken = "duration", dates.duration(self.rng, self.now, long=first > 90)
        else:
            slot, spoken = "until", dates.end_date(self.rng, self.now, first=first, last=last)
        self.slots[slot] = spoken.text
        self.values["until"] = spoken.meant.isoformat()
        return spoken.meant.isoformat()

    def group(self, where: Where = lambda row: True) -> Row:
        chosen = self.rng.choice(self.world.rows("groups", where))
        self.slots["group"] = self.world.spoken_group(chosen, self.rng)
        return chosen

    def product(self, where: Where = lambda row: True) -> Row:
        chosen = self.rng.choice(self.world.rows("licences", where))
        self.slots["product"] = self.world.spoken_product(chosen, self.rng)
        return chosen

    def mailing_list(self, where: Where = lambda row: True) -> Row:
        chosen = self.rng.choice(self.world.rows("distribution_lists", where))
        self.slots["list"] = self.world.spoken_list(chosen, self.rng)
        return chosen

    def shared_mailbox(self, where: Where = lambda row: True) -> Row:
        chosen = self.rng.choice(self.world.rows("mailboxes", where, kind="shared"))
        self.slots["mailbox"] = str(chosen["address"])
        return chosen

    def device(self, where: Where = lambda row: True, **needed: Value) -> Row:
        chosen = self.rng.choice(self.world.rows("devices", where))
        self.slots["tag"] = str(chosen["asset_tag"])
        return self.brought("devices", "asset_tag", chosen, needed)

    def kind(self, *kinds: str) -> str:
        kind = self.rng.choice(kinds)
        self.slots["kind"] = self.rng.choice(LAPTOP if kind == "laptop" else PHONE)
        self.values["kind"] = kind
        return kind

    def quota(self, above: int = 20) -> int:
        chosen = self.rng.choice([size for size in (15, 20, 25, 30, 40, 50, 60, 75, 80, 90, 100) if size > above])
        self.slots["quota"], self.values["quota"] = str(chosen), chosen
        return chosen

    def ticket(self, where: Where = lambda row: True, **needed: Value) -> Row:
        """A ticket that is not closed, unless asked for."""
        chosen = self.rng.choice(self.world.rows("tickets", lambda row: row["status"] != "closed" and where(row)))
        self.slots["ticket"] = str(chosen["ticket_id"])
        return self.brought("tickets", "ticket_id", chosen, needed)

    def text(self, slot: str, *, pool: str = "", but: Value = None) -> str:
        """A quotable text of this split."""
        chosen = self.rng.choice([text for text in values(pool or slot, self.split) if text != but])
        self.slots[slot] = chosen
        return chosen

    def option(self, slot: str, *options: str) -> str:
        """One of the action's options, said with blanks for underscores."""
        chosen = self.rng.choice(options)
        self.slots[slot], self.values[slot] = chosen.replace("_", " "), chosen
        return chosen

    def external_address(self) -> str:
        domain = self.rng.choice(values("external", self.split))
        account = self.rng.choice(list(self.world.accounts.values()))
        first, last = str(account["full_name"]).lower().split()[0], str(account["full_name"]).lower().split()[-1]
        local = self.rng.choice(
            [f"{first}.{last}", f"{first[0]}{last}", f"{first}{self.rng.randint(60, 99)}", "office"]
        )
        address = f"{''.join(letter for letter in local if letter.isascii() and letter not in ' ' + chr(39))}@{domain}"
        self.slots["external"] = address
        return address

    def fill_rest(self) -> None:
        """Something fitting for every slot of a borrowed wording that the family does not care about."""
        fillers: dict[str, Callable[[], object]] = {
            "person": self.person,
            "target": lambda: self.person(slot="target"),
            "until": self.until,
            "duration": self.until,
            "group": lambda: self.group(lambda row: not row["restricted"]),
            "product": lambda: self.product(lambda row: self.world.available(row) > 0),
            "list": self.mailing_list,
            "mailbox": self.shared_mailbox,
            "tag": lambda: self.device(lambda row: row["status"] == "in_stock"),
            "kind": lambda: self.kind("laptop", "phone"),
            "quota": self.quota,
            "password": lambda: self.text("password"),
            "external": self.external_address,
        }
        for slot in sorted(self.wording.slots - set(self.slots)):
            fillers[slot]()
        self.requester = self.requester or self.colleague()

    # State before and after

    def brought(self, table: str, key: str, row: Row, wanted: Row) -> Row:
        """The row as it is once it has these values."""
        differing = {column: value for column, value in wanted.items() if row[column] != value}
        if differing:
            self.patch(table, {key: row[key]}, differing)
        return {**row, **differing}

    def patch(self, table: str, key: Row, values: Row | None) -> None:
        self.setup.append(Patch(table=table, key=key, values=values))


def updated(table: str, key: Row, **values: Value) -> Change:
    return Change(kind="update", table=table, key=key, values=values)


def inserted(table: str, **values: Value) -> Change:
    return Change(kind="insert", table=table, key={}, values=values)


def deleted(table: str, **key: Value) -> Change:
    return Change(kind="delete", table=table, key=key, values={})


def account_updated(person: Row, **values: Value) -> Change:
    return updated("accounts", {"username": person["username"]}, **values)
