"""The service with uvicorn on localhost; LAM and embedder are stand-ins, so nothing is loaded."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from api_world import BagEmbedder
from chat_world import SCRIPTS, LamByState
from openai import OpenAI

from api.settings import Settings
from api.wiring import Services, build


@pytest.fixture
def lam() -> LamByState:
    return LamByState(SCRIPTS)


@pytest.fixture
def chatting(settings: Settings, lam: LamByState) -> Iterator[Services]:
    """Services that know no application: all there is comes with the request."""
    services = build(settings, lam=lam, embedder=BagEmbedder())
    yield services
    services.close()


@pytest.fixture
def http(chatting: Services, serve: Callable[[Services], httpx.Client]) -> httpx.Client:
    return serve(chatting)


@pytest.fixture
def openai(http: httpx.Client) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as client:
        yield client
