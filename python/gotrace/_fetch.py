"""Traces from servers: what ``net/http/pprof`` serves."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from typing import IO
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from gotrace._errors import Error

USUAL = 5.0
"""Seconds to trace if nobody says another time."""

MOST = 1 << 30
"""The most bytes that are fetched."""

_PATIENCE = 60.0
_PIECE = 1 << 16


def is_url(source: object) -> bool:
    """Returns whether a source names a server."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def fetch(url: str, seconds: float | None) -> tuple[str, bytes]:
    """Fetches a trace, and returns it with the address that was asked.

    Without a path, the address is that of ``net/http/pprof``; handlers whose path ends in
    ``/trace`` are asked for a time.
    """
    address, user, time = _target(url, seconds)
    shown = _shown(address)
    request = urllib.request.Request(address)
    if user:
        # A redirect to another host does not get it.
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=(time or 0) + _PATIENCE) as reply:
            return shown, _body(reply, shown)
    except urllib.error.HTTPError as e:
        said = e.read(200).decode(errors="replace").strip()
        raise Error(f"{shown}: the server answers {e.code} {e.reason}" + (f": {said}" if said else "")) from None
    except (urllib.error.URLError, TimeoutError) as e:
        raise Error(f"{shown}: {getattr(e, 'reason', e)}") from None


def _target(url: str, seconds: float | None) -> tuple[str, str, float | None]:
    """Returns the address to ask, the user with the password, and the time to trace."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if not parts.hostname:
        raise ValueError(f"{_shown(url)}: no host; expected http://HOST:PORT")
    path = parts.path if parts.path.rstrip("/") not in ("", "/debug/pprof") else "/debug/pprof/trace"
    query = parse_qsl(parts.query, keep_blank_values=True)
    in_url = [value for name, value in query if name == "seconds"]
    if seconds is None and in_url:
        seconds = float(in_url[-1])
    if seconds is None and path.endswith("/trace"):
        seconds = USUAL
    others = [(name, value) for name, value in query if name != "seconds"]
    query = others + ([("seconds", f"{seconds:g}")] if seconds is not None else [])
    user = unquote(parts.netloc.rpartition("@")[0])
    return urlunsplit((parts.scheme, host, path, urlencode(query), "")), user, seconds


def _body(reply: IO[bytes], shown: str) -> bytes:
    """Reads a reply, piece by piece, so that Ctrl-C ends it."""
    body = bytearray()
    while piece := reply.read(_PIECE):
        body += piece
        if len(body) > MOST:
            raise Error(f"{shown}: the reply is larger than {MOST} bytes")
    return bytes(body)


def _shown(url: str) -> str:
    """Returns a URL without what may be secret in it: users, and values of parameters."""
    parts = urlsplit(url)
    shown = [
        f"{name}={value}" if name == "seconds" else f"{name}=..."
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "&".join(shown), ""))
