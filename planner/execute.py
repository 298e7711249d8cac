"""Calls to HTTP applications: permitted, authenticated, retried where that is safe, and never a surprise."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import httpx

from knowledge.catalogue import Application
from knowledge.errors import BadConfiguration, Forbidden, Unreachable, UserError
from knowledge.outbound import PinnedTransport, Reach, Resolver, resolve
from knowledge.types import Observation
from planner.call import Approvals, Call, Permit, moved, unredeemed
from planner.request import Answer, observation_of, request_for

RETRIED = frozenset({429, 500, 502, 503, 504})
TURNED_AWAY = frozenset({429})  # nothing was done
PASSING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)  # nothing was sent
MOST_REDIRECTS = 3


class HttpExecutor:
    """Safe to use from several threads; holds no connection between calls.

    `secrets` gives the secret of a name or raises BadConfiguration. A call that needs an approval redeems it from
    `approvals` first; without them it is not made. Reads are tried once more after every one of `pauses_s`. A write is
    tried once more, after the first, if the application heeds its idempotency key; one of which nothing was sent, or
    which was turned away (429), anyhow.
    """

    def __init__(
        self,
        applications: Iterable[Application],
        secrets: Callable[[str], str],
        *,
        approvals: Approvals | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout_s: float = 15.0,
        pauses_s: Sequence[float] = (0.2, 0.8),
        most_bytes: int = 1_000_000,
        transport: httpx.BaseTransport | None = None,
        resolver: Resolver = resolve,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._applications = {each.name: each for each in applications}
        self._secrets, self._approvals, self._now = secrets, approvals, now
        self._pauses_s = tuple(pauses_s)
        self._most_bytes = most_bytes
        self._sleep = sleep
        self._timeout_s, self._transport, self._resolver = timeout_s, transport, resolver

    def execute(self, call: Call, permit: Permit) -> Observation:
        if refused := permit.refusal(call):
            return refused
        try:
            application = self._application(call.spec.app)
            if refused := moved(call, permit, application) or unredeemed(call, permit, self._approvals, self._now()):
                return refused
            secret = self._secrets(application.secret_name) if application.secret_name else ""
            request = request_for(call, application, secret)
            with self._client(application) as client:
                answer = self._persist(client, request, call, application)
        except (UserError, Unreachable) as error:
            return Observation(step=call.step.index, status="unreachable", code=_code(error), message=str(error))
        except httpx.InvalidURL as error:
            message = f"The address of {call.spec.app} cannot be used ({error}); correct it with `lamp apps add`."
            return Observation(step=call.step.index, status="unreachable", code="bad_address", message=message)
        return observation_of(answer, call, secret=secret)

    def _application(self, name: str) -> Application:
        if name in self._applications:
            return self._applications[name]
        raise BadConfiguration(f"The application {name} is not known.", remedy="Add it with `lamp apps add`.")

    def _client(self, application: Application) -> httpx.Client:
        """Reaches this application's host and no other."""
        reach = Reach.of(application.base_url, private=application.private)
        transport = self._transport or PinnedTransport(reach, resolver=self._resolver)
        return httpx.Client(timeout=self._timeout_s, transport=transport, follow_redirects=False)

    def _persist(self, client: httpx.Client, request: httpx.Request, call: Call, application: Application) -> Answer:
        """Try again after a failure that may pass. Raises Unreachable when none of the tries got an answer."""
        pauses = self._pauses_s if call.spec.effect == "read" else self._pauses_s[:1]
        for pause in (*pauses, None):
            try:
                answer = self._follow(client, request, call)
            except httpx.TransportError as error:
                if pause is None or not (_repeatable(call) or isinstance(error, PASSING)):
                    raise _unreachable(error, call, application) from error
            else:
                if pause is None or answer.status not in (RETRIED if _repeatable(call) else TURNED_AWAY):
                    return answer
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _follow(self, client: httpx.Client, request: httpx.Request, call: Call) -> Answer:
        """A read may be sent on within the same host; anything else is for a person to look at."""
        answer = self._once(client, request)
        for _ in range(MOST_REDIRECTS if call.spec.effect == "read" else 0):
            if not 300 <= answer.status < 400 or "location" not in answer.headers:
                break
            url = request.url.join(answer.headers["location"])
            if (url.scheme, url.host, url.port) != (request.url.scheme, request.url.host, request.url.port):
                break
            request = httpx.Request(request.method, url, headers=request.headers)
            answer = self._once(client, request)
        return answer

    def _once(self, client: httpx.Client, request: httpx.Request) -> Answer:
        response = client.send(request, stream=True)
        content, cut = bytearray(), False
        try:
            for chunk in response.iter_bytes():
                content += chunk
                if cut := len(content) > self._most_bytes:
                    break
        finally:
            response.close()
        return Answer(status=response.status_code, headers=response.headers, content=bytes(content), cut=cut)


def _repeatable(call: Call) -> bool:
    """Whether doing it once more does nothing more."""
    return call.spec.effect == "read" or call.spec.keys_kept_h > 0


class _NoConnection(Unreachable):
    """Nothing was sent."""


def _unreachable(error: httpx.TransportError, call: Call, application: Application) -> Unreachable:
    where = f"{application.title or application.name} at {application.base_url}"
    if call.spec.effect == "read" or isinstance(error, (*PASSING, httpx.UnsupportedProtocol)):
        remedy = "Start the application, or correct its address with `lamp apps add`, and ask again."
        return _NoConnection(f"No answer from {where}; {call.spec.name} was not carried out. {remedy}")
    remedy = f"Look in {application.name} whether it was, before asking again."
    return Unreachable(f"No answer from {where}; {call.spec.name} may have been carried out. {remedy}")


def _code(error: UserError | Unreachable) -> str:
    if isinstance(error, Forbidden):
        return "not_allowed"
    if isinstance(error, UserError):
        return "not_configured"
    return "no_connection" if isinstance(error, _NoConnection) else "no_answer"
