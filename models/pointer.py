"""The default LAM: it does not write, it points. Two forward passes a step, one to choose, one to fill."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from knowledge.types import ActionSpec, Argument, Literal, Parameter, Plan, Provenance, Reference
from models import adapter
from models.alike import cast, like
from models.base import PLACEHOLDER, load_tokenizer
from models.decode import Pointed, pointed, said_anywhere
from models.encode import Encoder
from models.lam import Choice, Filled, Option, Situation
from models.layout import choose_scene, fill_scene, options
from models.loss import ChooseItem, choose_scores
from models.network import PointerNetwork, share
from models.rollout import rolled
from models.scene import FillScene, Source
from models.sets import continued
from models.strangers import doubtful, undisturbed

MOST_PARAMETERS = 10  # asked for in one pass


class PointerLAM:
    """Satisfies `models.lam.LAM`. `network` is in evaluation mode; `temperature` divides the choose scores."""

    def __init__(self, network: PointerNetwork, encoder: Encoder, *, temperature: float = 1.0) -> None:
        self.network, self.encoder, self._temperature = network, encoder, temperature

    @classmethod
    def load(cls, folder: Path | None = None, *, sharing: "PointerLAM | None" = None) -> "PointerLAM":
        """`folder`: an adapter's; the shipped one if None. What `sharing` has too is kept once, for both.

        Raises BadConfiguration when it cannot be used.
        """
        network, card = adapter.load(folder or adapter.DEFAULT)
        if sharing:
            share(network, sharing.network)
        return cls(network.eval(), Encoder(load_tokenizer(card["base"])), temperature=card.get("temperature", 1.0))

    # ---- choose

    @torch.inference_mode()
    def choose(self, situation: Situation) -> Choice:
        scene = choose_scene(situation)
        windows = tuple(self.encoder.choose(scene))
        item = ChooseItem(windows=windows, features=tuple(c.features for c in scene.candidates), right=-1)
        (scores,) = choose_scores(self.network, [item])
        shares = (scores / self._temperature).softmax(0).tolist()
        ranked = sorted(zip(options(situation), shares, strict=True), key=lambda pair: -pair[1])
        return Choice(ranked=tuple(Option(action=action, probability=share) for action, share in ranked))

    # ---- fill

    @torch.inference_mode()
    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        arguments: list[Argument] = []
        missing: list[str] = []
        problems: dict[str, str] = {}
        confidence = 1.0
        for at in range(0, len(action.parameters), MOST_PARAMETERS):
            part = replace(action, parameters=action.parameters[at : at + MOST_PARAMETERS])
            scene = fill_scene(situation, part)
            taken: set[tuple[str, int, int]] = set()
            rows = continued(self._pointers(scene, situation, part), scene, situation, part)
            for parameter, row in self._surest_first(part, rows):
                argument, chance, problem = _settle(parameter, row, scene, situation, action, taken)
                if problem:
                    problems[parameter.name] = problem
                if argument:
                    arguments.append(argument)
                    confidence = min(confidence, chance)
                elif parameter.required:
                    missing.append(parameter.name)
        order = {parameter.name: i for i, parameter in enumerate(action.parameters)}
        arguments.sort(key=lambda a: order[a.name])
        missing.sort(key=order.__getitem__)
        return Filled(arguments=tuple(arguments), missing=tuple(missing), confidence=confidence, problems=problems)

    def _pointers(self, scene: FillScene, situation: Situation, action: ActionSpec) -> list[list[Pointed]]:
        """Where strangers' text was read, a second pass goes without it."""
        rows = self._point(scene)
        steering = fill_scene(situation, action, steering=True)
        if steering.sources == scene.sources or not doubtful(rows, scene, steering):
            return rows
        return undisturbed(rows, scene, self._point(steering), steering)

    def _point(self, scene: FillScene) -> list[list[Pointed]]:
        windows = self.encoder.fill(scene)
        hidden = self.network.hidden([w.ids for w in windows])
        scores = [self.network.point(h, w) for h, w in zip(hidden, windows, strict=True)]
        return pointed(scene, windows, scores)

    @staticmethod
    def _surest_first(action: ActionSpec, rows: list[list[Pointed]]) -> list[tuple[Parameter, list[Pointed]]]:
        """Where two parameters want one span, the surer one gets it."""
        pairs = list(zip(action.parameters, rows, strict=True))
        return sorted(pairs, key=lambda pair: -pair[1][0].probability)

    # ---- rollout

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return rolled(self, situation, max_steps=max_steps).plan


def _settle(
    parameter: Parameter,
    row: list[Pointed],
    scene: FillScene,
    situation: Situation,
    action: ActionSpec,
    taken: set[tuple[str, int, int]],
) -> tuple[Argument | None, float, str]:
    """The best pointer that makes a value of the parameter's schema: (argument or None, probability, problem)."""
    problem = ""
    for choice in row:
        if choice.span is None and choice.option is None:
            if parameter.required and problem:
                continue  # something was said, it only did not fit: look on
            return None, choice.probability, problem
        if choice.option is not None:
            raw = scene.parameters[action_index(scene, parameter.name)].options[choice.option]
            return _option(parameter, raw, action), choice.probability, problem
        source = scene.sources[choice.span.source]  # type: ignore[union-attr]
        key = (f"{source.id}:{source.path}", choice.span.start, choice.span.end)  # type: ignore[union-attr]
        if key in taken:
            continue
        try:
            value = _value(source, choice, parameter, situation)
        except ValueError as error:
            problem = problem or str(error)
            continue
        taken.add(key)
        alike = like(choice.span, parameter, scene, situation.task.now)  # type: ignore[arg-type]
        return Argument(name=parameter.name, value=value), said_anywhere(choice, row, scene, alike=alike), ""
    return None, 0.0, problem or "nothing in the request or the results fits"


def action_index(scene: FillScene, name: str) -> int:
    return next(i for i, p in enumerate(scene.parameters) if p.name == name)


def _option(parameter: Parameter, raw: str, action: ActionSpec) -> Argument:
    enum = parameter.schema.get("enum")
    by_text: dict[str, Any] = {str(v): v for v in enum} if isinstance(enum, list) else {"true": True, "false": False}
    provenance = Provenance(source="option", source_id=action.id, raw=raw)
    return Argument(name=parameter.name, value=Literal(value=by_text[raw], provenance=provenance))


def _value(source: Source, choice: Pointed, parameter: Parameter, situation: Situation) -> Literal | Reference:
    """Raises ValueError when the span says no value of the parameter's type."""
    span = choice.span
    assert span is not None
    if source.text == PLACEHOLDER and _expected(source, situation):
        return Reference(step=int(source.id.split(":")[1]), path=source.path)
    raw = source.text[span.start : span.end]
    provenance = provenance_of(source, span.start, span.end, raw, situation)
    return Literal(value=cast(raw, source, parameter, situation.task.now), provenance=provenance)


def _expected(source: Source, situation: Situation) -> bool:
    """Whether the source belongs to a result not known yet; anybody may write the placeholder's letters."""
    return any(source.id == f"step:{o.step}" for o in situation.observations if o.status == "placeholder")


def provenance_of(source: Source, start: int, end: int, raw: str, situation: Situation) -> Provenance:
    """Of what stands at these characters of a source of the situation's."""
    if source.id.startswith("step:"):
        return Provenance(
            source="observation",
            source_id=source.id,
            path=source.path,
            raw=raw,
            start=start,
            end=end,
            trust="untrusted",
        )
    if source.id in ("request", "requester"):
        return Provenance(source="request", source_id=source.id, raw=raw, start=start, end=end)
    if source.id.startswith("utterance:"):
        return Provenance(source="answer", source_id=source.id, raw=raw, start=start, end=end)
    trust = next(h.item.trust for h in situation.context.passages if h.item.id == source.id)  # type: ignore[union-attr]
    return Provenance(source="document", source_id=source.id, raw=raw, start=start, end=end, trust=trust)
