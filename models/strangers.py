"""What strangers wrote may be pointed to, but has no say in the rest: two passes over one scene, put together.

The pass over everything finds values in people's text. Its probabilities are shared out over that text too, so a
stranger could make a value doubtful that the requester said plainly. The pass without strangers knows nothing of it.
"""

from collections.abc import Sequence
from dataclasses import replace

from models.decode import Pointed, said, said_anywhere
from models.scene import FillScene

SURE = 0.8  # said so surely by the requester or the machine, a value is not taken from an untrusted document


def doubtful(rows: Sequence[Sequence[Pointed]], scene: FillScene) -> bool:
    """Whether a pass without strangers could come to anything else."""
    return any(
        parameter.options or (row[0].span and (scene.sources[row[0].span.source].upload or not _sure(row, scene)))
        for parameter, row in zip(scene.parameters, rows, strict=True)
    )


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
    """What people wrote into the application's own fields is often what is meant; an upload is asked last."""
    if row[0].span is None or calm[0].span is None:
        return False
    source = scene.sources[row[0].span.source]
    if (source.id, source.path) in may_steer and said(row[0].span, scene) == said(calm[0].span, scene):
        return True
    strangers_own_field = (source.id, source.path) not in may_steer and not source.upload
    return not strangers_own_field and _sure(calm, scene)


def _sure(row: Sequence[Pointed], scene: FillScene) -> bool:
    return said_anywhere(row[0], row, scene) >= SURE
