"""Bytes from Slack: only from Slack's own hosts, with the token of the workspace whose file it is, and no more than asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
from yarl import URL

from bot.errors import LucyError

WITHIN_S = 20.0
"""For one file."""

_HOPS = 3
_CHUNK = 65_536
_GONE, _ELSEWHERE = frozenset({404, 410}), frozenset({301, 302, 303, 307, 308})


class NotFetched(LucyError):
    """A file could not be had; the sentence is why, as it goes on after "I couldn't read it:"."""


GONE = "it is gone"
OUTSIDE = "it is kept outside Slack, where I can't go"
REFUSED = "Slack doesn't let me see it"
NOT_NOW = "Slack didn't hand it over just now"


class Fetcher:
    """Downloads of one ask. Cookies are neither kept nor sent; what is packed for the way is not unpacked."""

    def __init__(self, base_url: str, web: aiohttp.ClientSession) -> None:
        """`base_url` is the Web API's: files come from the same host, or from the host `files.` before it."""
        api = URL(base_url).origin()
        named = (api.host or "")[-1:].isalpha()
        self._hosts, self._web = {api, api.with_host(f"files.{api.host}") if named else api}, web

    async def fetch(self, url: str, token: str, mimetype: str, most: int) -> tuple[bytes, bool]:
        """The bytes up to `most`, and whether those are all. Raises NotFetched."""
        at = self._allowed(url)
        try:
            return await self._follow(at, token, mimetype, most)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise NotFetched(type(error).__name__, sentence=NOT_NOW) from error

    async def _follow(self, at: URL, token: str, mimetype: str, most: int) -> tuple[bytes, bool]:
        for _ in range(_HOPS):
            async with self._asked(at, token) as answer:
                if answer.status not in _ELSEWHERE:
                    _check(answer, mimetype)
                    return await _read(answer, most)
                at = self._allowed(str(at.join(URL(answer.headers.get("Location", "")))))
        raise NotFetched("redirected too often", sentence=REFUSED)

    def _asked(self, at: URL, token: str) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._web.get(at, headers={"Authorization": f"Bearer {token}"}, allow_redirects=False)

    def _allowed(self, url: str) -> URL:
        """Raises NotFetched: no token goes anywhere else."""
        try:
            at = URL(url)
            known = at.origin() in self._hosts
        except ValueError as error:
            raise NotFetched("no address", sentence=OUTSIDE) from error
        if not known:
            raise NotFetched(f"{at.host} is no host of Slack's", sentence=OUTSIDE)
        return at


@asynccontextmanager
async def fetching(base_url: str) -> AsyncIterator[Fetcher]:
    """A fetcher while the block runs."""
    web = aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=WITHIN_S),
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
    )
    async with web:
        yield Fetcher(base_url, web)


def _check(answer: aiohttp.ClientResponse, mimetype: str) -> None:
    """Raises NotFetched; a page where none is expected asks somebody to sign in."""
    if answer.status in _GONE:
        raise NotFetched(str(answer.status), sentence=GONE)
    if answer.status in {401, 403} or (answer.content_type == "text/html" and mimetype != "text/html"):
        raise NotFetched(f"refused: {answer.status}", sentence=REFUSED)
    if answer.status != 200:
        raise NotFetched(str(answer.status), sentence=NOT_NOW)


async def _read(answer: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    kept = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        kept += chunk
        if len(kept) > most:
            return bytes(kept[:most]), False
    return bytes(kept), True
