"""Signing in with a key, for browsers: a plain page, and a cookie that scripts and other sites do not get."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api.deps import DoorDep
from api.door import COOKIE, SESSION_S
from api.errors import Unknown

router = APIRouter(include_in_schema=False)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in · Lamplighter</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ font: 16px/1.5 system-ui, sans-serif; background: #faf8f5; color: #292524; display: grid; place-items: center;
  min-height: 100vh; margin: 0 }}
form {{ background: #fff; border: 1px solid #e7e2da; border-radius: 12px; padding: 2rem; width: min(22rem, 84vw) }}
h1 {{ font-size: 1.25rem; margin: 0 0 1rem }} label {{ display: block; margin-bottom: .25rem }}
input {{ width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; border: 1px solid #a8a29e;
  border-radius: 6px }}
button {{ font: inherit; margin-top: 1rem; width: 100%; padding: .5rem; border: 0; border-radius: 6px; color: #fff;
  background: #b45309; cursor: pointer }} .wrong {{ color: #b91c1c }} .help {{ color: #57534e; font-size: .875rem }}
</style></head><body><form method="post" action="/signin"><h1>Lamplighter</h1>{wrong}
<input type="hidden" name="then" value="{then}"><label for="key">Your key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button><p class="help">An administrator makes one: lamp keys create</p></form></body></html>"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers say `Origin: null`, which SameOrigin refuses
}


@router.get("/signin")
def page(then: Annotated[str, Query(max_length=500)] = "/ui/") -> Response:
    return _page(then)


@router.post("/signin")
async def sign_in(
    request: Request,
    door: DoorDep,
    key: Annotated[str, Form(max_length=200)],
    then: Annotated[str, Form(max_length=500)] = "/ui/",
) -> Response:
    try:
        token = await run_in_threadpool(door.sign_in, key)
    except Unknown as error:
        return _page(then, wrong=error.message, status=401)
    answer = RedirectResponse(_within(then), 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, max_age=int(SESSION_S), httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/signout")
def sign_out(request: Request, door: DoorDep) -> Response:
    door.sign_out(request.headers.get("cookie", ""))
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _page(then: str, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    told = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return HTMLResponse(PAGE.format(then=escape(_within(then)), wrong=told), status, headers=HEADERS)


def _within(then: str) -> str:
    """Back to a page of ours, never to another site (`//other.example`, `/\\\\other.example`)."""
    plain = then.startswith("/") and not then.startswith(("//", "/\\")) and then.isprintable()
    return then if plain else "/ui/"
