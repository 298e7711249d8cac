"""What strangers wrote may be pointed to, but has no say in the rest: two passes over one scene, put together.

The pass over everything finds values in people's text. Its probabilities are shared out over that text too, so a
stranger could make a value doubtful that the requester said plainly. The pass without strangers knows nothing of it.
"""

from collections.abc import Sequence
from dataclasses import replace

from models.decode import Pointed, said, said_anywhere
from models.scene import FillScene

SURE = 0.8  # said so surely by the requester or the machine, a value is not taken from a stranger


def doubtful(rows: Sequence[Sequence[Pointed]], scene: FillScene, steering: FillScene) -> bool:
    """Whether a pass without strangers could come to anything else."""
    may_steer = {(source.id, source.path) for source in steering.sources}

    def in_doubt(row: Sequence[Pointed]) -> bool:
        if row[0].span is None:
            return False
        source = scene.sources[row[0].span.source]
        return (source.id, source.path) not in may_steer or not _sure(row, scene)

    return any(parameter.options or in_doubt(row) for parameter, row in zip(scene.parameters, rows, strict=True))


def undisturbed(
    rows: Sequence[Sequence[Pointed]], scene: FillScene, alone: Sequence[Sequence[Pointed]], steering: FillScene
) -> list[list[Pointed]]:
    """Per parameter what it may point to, best first: `rows` over all of `scene`, or `alone`, over `steering` only.

    `steering` has those of the scene's sources that may steer. The result points into `scene`.
    """
    places = {(source.id, source.path): index for index, source in enumerate(scene.sources)}
    may_steer = {(source.id, source.path) for source in steering.sources}
    merged = []
    for parameter, row, calm in zip(scene.parameters, rows, alone, strict=True):
        moved = [_moved(each, steering, places) for each in calm]
        calmer = parameter.options or _without_strangers(row, moved, scene, may_steer)
        merged.append(moved if calmer else list(row))
    return merged


def _moved(pointed: Pointed, steering: FillScene, places: dict[tuple[str, str], int]) -> Pointed:
    if pointed.span is None:
        return pointed
    source = steering.sources[pointed.span.source]
    return replace(pointed, span=replace(pointed.span, source=places[source.id, source.path]))


def _without_strangers(
    row: Sequence[Pointed], calm: Sequence[Pointed], scene: FillScene, may_steer: set[tuple[str, str]]
) -> bool:
    """The same words, or others that nobody but a stranger puts in doubt; else strangers are asked too."""
    if row[0].span is None or calm[0].span is None:
        return False
    source = scene.sources[row[0].span.source]
    same = (source.id, source.path) in may_steer and said(row[0].span, scene) == said(calm[0].span, scene)
    return same or _sure(calm, scene)


def _sure(row: Sequence[Pointed], scene: FillScene) -> bool:
    return said_anywhere(row[0], row, scene) >= SURE
