"""`lamp` as a program of its own, but with the scripted LAM: `python lamp_scripted.py run …`."""

from api_world import SCRIPTS, BagEmbedder, LamByRequest

import api.wiring
from api.cli import main
from api.settings import Settings
from api.wiring import Services


def build(settings: Settings) -> Services:
    return Services(settings, lam=LamByRequest(SCRIPTS), embedder=BagEmbedder())


if __name__ == "__main__":
    api.wiring.build = build  # type: ignore[assignment]
    main()
