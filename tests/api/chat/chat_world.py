"""Stand-ins for the chat tests: a LAM that decides by what was done, as a service without memory has to be scripted."""

from collections.abc import Mapping, Sequence
from typing import Any

from knowledge.types import ActionSpec, Argument, Literal, Parameter, Plan, Reference
from models.lam import ENDINGS, Choice, Filled, Option, Situation
from tests.fakes import Move, Pointer, answered, option, said, seen


class LamByState:
    """For each request, chosen by a word in it, the move after so many steps and answers. Safe from several threads."""

    def __init__(self, scripts: Mapping[str, Sequence[Move]]) -> None:
        self._scripts = scripts
        self.situations: list[Situation] = []

    def move(self, situation: Situation) -> Move:
        spoken = " ".join([situation.task.text, *(u.text for u in situation.task.utterances)])
        moves = next((moves for word, moves in self._scripts.items() if word in spoken), ())
        answers = sum(each.speaker == "requester" for each in situation.task.utterances)
        turn = len(situation.steps) + answers
        return moves[turn] if turn < len(moves) else Move(action="finish")

    def choose(self, situation: Situation) -> Choice:
        self.situations.append(situation)
        move = self.move(situation)
        shares = dict.fromkeys([*(spec.id for spec in situation.candidates), *ENDINGS], 0.0) | move.others
        shares[move.action] = move.probability
        ranked = sorted(shares.items(), key=lambda pair: (pair[0] != move.action, -pair[1]))
        return Choice(ranked=tuple(Option(action=action, probability=share) for action, share in ranked))

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        """With the move that names this action, whichever it is."""
        spoken = " ".join([situation.task.text, *(u.text for u in situation.task.utterances)])
        moves = [move for word, moves in self._scripts.items() if word in spoken for move in moves]
        current = self.move(self.situations[-1]) if self.situations else Move(action="finish")
        fitting = [move for move in [current, *moves] if move.action == action.id]
        if not fitting:
            return Filled(arguments=(), missing=tuple(p.name for p in action.parameters if p.required))
        parameters = {parameter.name: parameter for parameter in action.parameters}
        made, missing = [], list(fitting[0].missing)
        for name, point in fitting[0].arguments.items():
            try:
                value = point(situation, parameters.get(name, Parameter(name=name)))
                made.append(Argument(name=name, value=value))
            except (KeyError, IndexError, ValueError):  # it stands nowhere
                missing.append(name)
        return Filled(arguments=tuple(made), missing=tuple(missing), confidence=fitting[0].pointed)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        raise AssertionError("a turn is one step")


def invented(value: str) -> Pointer:
    """A value that stands nowhere, said to come from the request's first letters."""

    def point(situation: Situation, parameter: Parameter) -> Literal | Reference:
        from knowledge.types import Provenance

        raw = situation.task.text[: len(value)]
        provenance = Provenance(source="request", source_id="request", raw=raw, start=0, end=len(value))
        return Literal(value=value, provenance=provenance)

    return point


def tool(name: str, description: str, required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    """A definition as clients send it; a property is a schema, or a description of a text."""
    schemas = {k: v if isinstance(v, dict) else {"type": "string", "description": v} for k, v in properties.items()}
    parameters = {"type": "object", "properties": schemas, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


FIND = tool("find_account", "Find accounts by name or e-mail address.", ["query"], query="Name or e-mail address")
UNLOCK = tool("unlock_account", "Unlock a locked account.", ["username"], username="User name of the account")
GRANT = tool(
    "grant_vpn",
    "Give VPN access until a day.",
    ["username", "until"],
    username="User name of the account",
    until={"type": "string", "format": "date", "description": "Last day"},
)
STATUS = tool("check_service", "Show whether a service works.", ["service"], service={"enum": ["vpn", "mail", "wiki"]})
DESK = [FIND, UNLOCK, GRANT, STATUS]
FOUND = {"accounts": [{"username": "anyberg", "status": "locked"}]}
USERNAME = seen(0, "accounts.0.username")

SCRIPTS: dict[str, tuple[Move, ...]] = {
    "locked out": (
        Move(action="tools.find_account", arguments={"query": said("Amara Nyberg")}, probability=0.9),
        Move(action="tools.unlock_account", arguments={"username": USERNAME}, probability=0.8),
    ),
    "VPN": (
        Move(action="tools.find_account", arguments={"query": said("Amara Nyberg")}),
        Move(action="tools.grant_vpn", arguments={"username": USERNAME}, missing=("until",)),
        Move(action="tools.grant_vpn", arguments={"username": USERNAME, "until": answered("2027-01-15")}),
    ),
    "both services": (
        Move(action="tools.check_service", arguments={"service": option("vpn")}),
        Move(action="tools.check_service", arguments={"service": option("mail")}),
    ),
    "invent": (
        Move(
            action="tools.unlock_account",
            arguments={"username": invented("nobody")},
            others={"tools.find_account": 0.3},
        ),
    ),
    "boss's mail": (Move(action="refuse"),),
    "Hand over": (Move(action="escalate", others={"tools.find_account": 0.1}),),
    "Nothing to do": (),
    "Unlock the account mbauer": (Move(action="tools.unlock_account", arguments={"username": said("mbauer")}),),
}
