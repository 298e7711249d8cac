"""JSON schema's formats, checked: those that jsonschema leaves to other packages too."""

import base64
import re
from datetime import datetime, time
from typing import TypeGuard
from urllib.parse import urlsplit

from jsonschema import FormatChecker

FORMATS = FormatChecker()
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_DURATION = re.compile(r"P(?!$)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_BARE = re.compile(r"""[^\s\x00-\x1f\x7f<>"{}|\\^`]*""")


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


@FORMATS.checks("time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or time.fromisoformat(value) is not None


@FORMATS.checks("email")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[^\s@]+@[^\s@]+", value) is not None


@FORMATS.checks("uri", raises=ValueError)
@FORMATS.checks("url", raises=ValueError)
@FORMATS.checks("iri", raises=ValueError)
def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    return bool(_BARE.fullmatch(value) and _SCHEME.fullmatch(parts.scheme) and (parts.netloc or parts.path))


@FORMATS.checks("uri-reference", raises=ValueError)
@FORMATS.checks("iri-reference", raises=ValueError)
def _is_reference(value: object) -> bool:
    return not isinstance(value, str) or (urlsplit(value) is not None and _BARE.fullmatch(value) is not None)


@FORMATS.checks("hostname")
def _is_host(value: object) -> bool:
    return not isinstance(value, str) or (len(value) <= 253 and _HOST.fullmatch(value) is not None)


@FORMATS.checks("duration")
def _is_duration(value: object) -> bool:
    return not isinstance(value, str) or _DURATION.fullmatch(value) is not None


@FORMATS.checks("byte", raises=ValueError)
def _is_base64(value: object) -> bool:
    return not isinstance(value, str) or base64.b64decode(value, validate=True) is not None


@FORMATS.checks("int32")
def _fits_32_bits(value: object) -> bool:
    return not _is_whole(value) or -(2**31) <= value < 2**31


@FORMATS.checks("int64")
def _fits_64_bits(value: object) -> bool:
    return not _is_whole(value) or -(2**63) <= value < 2**63


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
