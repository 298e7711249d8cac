"""An application of three actions, verified runs of it, and an adapter of a tiny encoder that knows nothing yet."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from api.wiring import Services
from knowledge.catalogue import Application
from knowledge.openapi import embedded_text
from knowledge.types import ActionSpec, Parameter, Task
from planner.replay import Call, Demonstration, trajectory

TEXT = {"type": "string"}
NOW = datetime(2026, 3, 2, 9, 0)
FIND = ActionSpec(
    name="find_customer",
    app="crm",
    description="Find a customer by name",
    effect="read",
    parameters=(Parameter(name="query", description="a name", schema=TEXT, required=True),),
    returns={"type": "object", "properties": {"id": TEXT, "name": TEXT}},
)
CLOSE = ActionSpec(
    name="close_account",
    app="crm",
    description="Close the account of a customer",
    parameters=(Parameter(name="id", description="id of the customer", schema=TEXT, required=True),),
)
HOLD = ActionSpec(
    name="hold_invoices",
    app="crm",
    description="Hold the invoices of a customer",
    parameters=(Parameter(name="id", description="id of the customer", schema=TEXT, required=True),),
)
ACTIONS = (FIND, CLOSE, HOLD)
SPECS = {spec.id: spec for spec in ACTIONS}
PEOPLE = ("Ann Lee", "Bob Stone", "Eva Green", "Joe Marsh", "Ida Frost")
WORDINGS = {
    CLOSE.id: """Close the account of {}.
{} leaves us, close the account please.
Please end {}'s account.
We lost {}: the account can go.
Account of {}: close.""".splitlines(),
    HOLD.id: """Hold the invoices of {}.
No invoices for {} for now.
Please stop billing {}.
{} disputes the bill, hold all invoices.
Invoices of {}: hold.""".splitlines(),
}


def run(number: int, act: str, text: str, name: str) -> Demonstration:
    id, task = f"C-{number}", Task(id=f"run-{number:02}", text=text, now=NOW)
    calls = (
        Call(action=FIND.id, arguments={"query": name}, ok=True, body={"id": id, "name": name}),
        Call(action=act, arguments={"id": id}, ok=True, body={}),
    )
    return Demonstration(task=task, calls=calls, ending="finish", origin="toy")


def runs() -> list[Demonstration]:
    """Every wording with every person's name."""
    texts = [(act, wording, name) for act, wordings in WORDINGS.items() for wording in wordings for name in PEOPLE]
    return [run(number, act, wording.format(name), name) for number, (act, wording, name) in enumerate(texts)]


def know(services: Services, lived: list[Demonstration], *, tenant: str = "default") -> None:
    """The application in the catalogue, the runs in memory as verified."""
    application = Application(name="crm", base_url="http://127.0.0.1:1", title="CRM")
    vectors = services.embedder.embed([embedded_text(action) for action in ACTIONS])
    services.record.catalogue.put(application, list(ACTIONS), vectors, tenant)
    for number, each in enumerate(lived):
        made = replace(trajectory(each, SPECS), id=f"{tenant}-{each.task.id}", created_at=NOW + timedelta(hours=number))
        services.record.memory.write(made, services.embedder.embed([each.task.text])[0], tenant)


def tiny_adapter(folder: Path) -> Path:
    """An untrained adapter on an untrained BERT of two layers, 32 wide."""
    import torch
    from transformers import BertConfig, BertModel

    from models import adapter
    from models.base import load_encoder, load_tokenizer
    from models.network import PointerNetwork, adapted

    torch.manual_seed(5)
    tokenizer, base = load_tokenizer(), folder / "base"
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(base)
    tokenizer.save_pretrained(base)
    network = PointerNetwork(adapted(load_encoder(str(base))), width=32)
    adapter.save(network, folder / "untrained", {"base": str(base), "temperature": 1.0})
    return folder / "untrained"
