"""Rows 1 to 44: what REST can do to a caller."""

import asyncio
import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from gexfocus_mcp.traffic.quota import Held
from tests.failures.bench import NOON, Bench, recorded, row, strike_maps
from tests.failures.upstream import Answer, Call, always


RATE_LIMITED = {"detail": "rate limit exceeded"}


@row("1", "a refused key is told with the way out and stops every process for a minute")
async def _(it: Bench) -> None:
    it.upstream.rest = always({"detail": "Missing or invalid API key"}, 401)
    await it.refuses("unauthorized", "GEXFOCUS_API_KEY", "do not ask for the key")
    await it.refuses("unauthorized", tool="ndf_history", ticker="QQQ")
    assert (await it.ask_another(ticker="NVDA")).code == "unauthorized"
    it.was_asked(1)


@row("2", "without a key the server starts, and every answer names both ways out")
async def _(it: Bench) -> None:
    it.env["GEXFOCUS_API_KEY"] = ""
    await it.refuses("no_key", "GEXFOCUS_API_KEY", "--demo")
    status = await it.answers(tool="api_status")
    assert status.json["key"] == "missing"
    it.was_asked(0)


@row("3", "a refused request is not repeated for a minute")
async def _(it: Bench) -> None:
    it.upstream.rest = always({"detail": "Unsupported ticker"}, 400)
    await it.refuses("bad_request", "list_sessions")
    await it.refuses("bad_request")
    it.was_asked(1)


@row("4", "a forbidden endpoint is told apart from a refused key")
async def _(it: Bench) -> None:
    it.upstream.rest = always({"detail": "no"}, 403)
    await it.refuses("forbidden", "plan")
    await it.refuses("forbidden")
    await it.ask(tool="list_sessions")
    it.was_asked(2)


@row("5", "what is not stored is said to be so, with where to look")
async def _(it: Bench) -> None:
    it.upstream.rest = always({"detail": "nothing"}, 404)
    await it.refuses("no_data", "list_sessions", tool="ndf_history")
    await it.refuses("no_data", tool="ndf_history")
    it.was_asked(1)


@row("6", "a 429 is never retried and stops its budget in every process for a minute")
async def _(it: Bench) -> None:
    it.upstream.rest = always(RATE_LIMITED, 429)
    await it.refuses("rate_limited", "after 60 s")
    assert (await it.ask_another(ticker="QQQ")).code == "rate_limited"
    it.was_asked(1)
    await it.refuses("rate_limited", tool="list_sessions")
    it.was_asked(2)


@row("7", "a Retry-After is kept, as seconds and as a date")
async def _(it: Bench) -> None:
    it.upstream.rest = always(RATE_LIMITED, 429, headers={"retry-after": "17"})
    await it.refuses("rate_limited", "after 17 s")
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    it.upstream.rest = always(RATE_LIMITED, 429, headers={"retry-after": when})
    heard = await it.refuses("rate_limited", tool="list_sessions")
    waits = int(heard.text.partition("after ")[2].partition(" s")[0])
    assert 590 <= waits <= 600


@row(
    "8",
    "too many addresses stop both budgets, and the user is told to stop other machines",
)
async def _(it: Bench) -> None:
    it.upstream.rest = always({"detail": "too many IPs used within 5 minutes"}, 429)
    await it.refuses("too_many_ips", "other machines")
    await it.refuses("too_many_ips", tool="list_sessions")
    it.was_asked(1)


@row("9", "a cooldown stops both budgets for two minutes")
async def _(it: Bench) -> None:
    it.upstream.rest = always({"detail": "api_key cooldown active"}, 429)
    await it.refuses("cooldown", "after 120 s")
    await it.refuses("cooldown", tool="list_sessions")
    assert (await it.ask_another(tool="list_sessions")).code == "cooldown"
    it.was_asked(1)


@row("10", "a 429 of an unknown kind stops its budget for a minute")
async def _(it: Bench) -> None:
    it.upstream.rest = always(b"", 429)
    await it.refuses("rate_limited", "after 60 s")
    it.was_asked(1)


@row("11", "a used-up budget is refused with its wait, and nothing is sent")
async def _(it: Bench) -> None:
    others = it.share()
    await others.hold("last", Held(settled=(20.0,) * 118))
    heard = await it.refuses("rate_limited", "budget of last requests is used up")
    assert 30 <= int(heard.text.partition("after ")[2].partition(" s")[0]) <= 41
    it.was_asked(0)
    await others.aclose()


@row("12", "a 500, 502 or 504 is told as an outage and not asked again at once")
async def _(it: Bench) -> None:
    it.upstream.rest = always(b"UPSTREAM WORDS", 502)
    heard = await it.refuses("upstream_down", "502", "after 30 s")
    assert "UPSTREAM WORDS" not in heard.text
    await it.refuses("upstream_down")
    it.was_asked(1)


@row("13", "a 503 for the matrix leaves the everyday read standing")
async def _(it: Bench) -> None:
    async def only_maps(call: Call) -> None:
        if "/mapa_gamma/" in call.path:
            await call.say({"detail": "Temporary data availability error"}, 503)
        else:
            await call.say(strike_maps())

    it.upstream.rest = only_maps
    await it.refuses("upstream_down", "503", tool="mapa_gamma")
    await it.answers("temporarily unavailable", tool="dealer_positioning")


@row("14", "any other status is told as a change, and a redirect is not followed")
async def _(it: Bench) -> None:
    elsewhere = {"location": f"{it.upstream.base_url}/elsewhere"}
    it.upstream.rest = always(b"", 302, headers=elsewhere)
    await it.refuses("upstream_changed", "302")
    it.was_asked(1)
    it.upstream.rest = always(b"", 418)
    await it.refuses("upstream_changed", "418")


@row(
    "15", "a connection that is not accepted in time is told as unreachable", slow=True
)
async def _(it: Bench) -> None:
    import socket

    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        it.upstream.port = full.getsockname()[1]
        await it.refuses("unreachable", "network, VPN and proxy")


@row("16", "a refused connection names the proxy where one is set")
async def _(it: Bench) -> None:
    it.upstream.port = 1
    it.env["HTTP_PROXY"] = "http://user:secret@127.0.0.1:1"
    heard = await it.refuses("unreachable", "no connection", "HTTP_PROXY", "after 30 s")
    assert "secret" not in heard.text


@row("17", "a reply that does not come is given up", slow=True)
async def _(it: Bench) -> None:
    async def never(call: Call) -> None:
        await asyncio.sleep(60)

    it.upstream.rest = never
    await it.refuses("timeout", "after 15 s")
    it.was_asked(1)


@row("18", "a reply that drips is given up as a whole", slow=True)
async def _(it: Bench) -> None:
    async def drip(call: Call) -> None:
        await call.raw(b"HTTP/1.1 200 X\r\ncontent-length: 9999\r\n\r\n")
        while True:
            await call.raw(b" ")
            await asyncio.sleep(0.05)

    it.upstream.rest = drip
    await it.refuses("timeout")
    it.was_asked(1)


@row("20", "a proxy that wants a login is told as such")
async def _(it: Bench) -> None:
    it.upstream.rest = always(b"", 407)
    await it.refuses("unreachable", "proxy wants a login")


@row("21", "a body shorter than declared, or cut in a chunk, is no answer")
async def _(it: Bench) -> None:
    it.upstream.rest = always(strike_maps(), length=10**6)
    await it.refuses("unreachable", "connection broke")

    async def chunk_cut(call: Call) -> None:
        await call.raw(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n{")

    it.upstream.rest = chunk_cut
    await it.refuses("unreachable", "connection broke", ticker="QQQ")


@row("22", "a reset or a garbage status line is tried once more and then told")
async def _(it: Bench) -> None:
    async def reset(call: Call) -> None:
        call.reset()

    async def garbage(call: Call) -> None:
        await call.raw(b"\x00\xff HELLO\r\n\r\n")

    for number, (answer, ticker) in enumerate([(reset, "SPY"), (garbage, "QQQ")], 1):
        it.upstream.rest = answer
        await it.refuses("unreachable", ticker=ticker)
        it.was_asked(2 * number)


@row(
    "22b", "a first connection that breaks costs a second request, and the answer comes"
)
async def _(it: Bench) -> None:
    async def first_breaks(call: Call) -> None:
        if len(it.upstream.asked) == 1:
            call.reset()
        else:
            await call.say(strike_maps())

    it.upstream.rest = first_breaks
    await it.answers()
    it.was_asked(2)


@row("23", "JSON that is cut, and an empty body, are no answer")
async def _(it: Bench) -> None:
    it.upstream.rest = always(b'{"ticker": "SPY", "gex": {')
    await it.refuses("bad_data", "not a JSON object")
    it.upstream.rest = always(b"")
    await it.refuses("bad_data")


@row("24", "a web page instead of data is recognised")
async def _(it: Bench) -> None:
    page = b"<!doctype html><title>Log in</title>"
    it.upstream.rest = always(page, headers={"content-type": "text/html"})
    await it.refuses("bad_data", "web page", "Do not ask again")
    it.upstream.rest = always(page)
    await it.refuses("bad_data", "web page")


@row("25", "a web page with an error status is the error")
async def _(it: Bench) -> None:
    html = {"content-type": "text/html"}
    it.upstream.rest = always(b"<html>oops", 500, headers=html)
    await it.refuses("upstream_down", "500")


@row("26", "a body that cannot be decompressed is no answer")
async def _(it: Bench) -> None:
    it.upstream.rest = always(b"not gzip", headers={"content-encoding": "gzip"})
    await it.refuses("bad_data", "decompressed")
    whole = gzip.compress(json.dumps(strike_maps()).encode())
    cut = whole[: len(whole) // 2]
    it.upstream.rest = always(cut, headers={"content-encoding": "gzip"})
    await it.refuses("bad_data")


@row("27", "NaN, Infinity and 1e999 are unavailable, counted, and never zero")
async def _(it: Bench) -> None:
    body = (
        b'{"ticker":"SPY","session_date":"2026-11-19","data":['
        b'{"ts":"2026-11-19T10:00:00-05:00","ndf":NaN,"price":600.5,"fep":1e999},'
        b'{"ts":"2026-11-19T10:00:19-05:00","ndf":5,"price":Infinity,"fep":600.1}]}'
    )
    it.upstream.date = NOON
    it.upstream.rest = always(body)
    await it.answers("3 values not usable as a number", tool="ndf_history")


@row("28", "numbers, depth and encodings beyond reason are no answer")
async def _(it: Bench) -> None:
    for body in (
        b'{"spot": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"ticker": "SPY", "x": "\xff\xfe"}',
        b"\xff\xfe\x00\x00",
    ):
        it.upstream.rest = always(body)
        await it.refuses("bad_data")


@row("28b", "a lone surrogate is harmless")
async def _(it: Bench) -> None:
    it.upstream.rest = always(strike_maps(note="\ud800", session_date="\ud800"))
    await it.answers("session_date was missing")


@row("29", "a reply of nulls is an answer that says it is still loading")
async def _(it: Bench) -> None:
    nothing = dict.fromkeys(("gex", "delta", "vanna", "charm"))
    it.upstream.rest = always({"ticker": "SPY", **nothing})
    heard = await it.answers("still loading", "null means unavailable, not zero")
    assert heard.json["missing"] == ["gex", "delta", "vanna", "charm"]
    await it.refuses("no_data", "not zero", "after 60 s", tool="dealer_positioning")


@row("30", "some nulls pass as unavailable, and what needs them is not reckoned")
async def _(it: Bench) -> None:
    it.upstream.rest = always({**strike_maps(), "vanna": None})
    heard = await it.answers("vanna")
    assert heard.json["missing"] == ["vanna", "charm"]
    everyday = await it.answers(tool="dealer_positioning")
    assert "vanna" not in everyday.json
    assert "vanna" in everyday.json["missing"]


@row("31", "without bars there are no walls, and it is said")
async def _(it: Bench) -> None:
    it.upstream.rest = always(strike_maps(bars=[]))
    heard = await it.answers("no strike-level data", tool="dealer_positioning")
    assert "call_wall" not in heard.json["levels"]


def _bars() -> list[dict[str, Any]]:
    bars: list[dict[str, Any]] = strike_maps()["gex"]["bars"]
    return bars


@row("32", "unsorted strikes are sorted, and it is said")
async def _(it: Bench) -> None:
    it.upstream.rest = always(strike_maps(bars=_bars()[::-1]))
    heard = await it.answers(
        "strikes came unsorted: sorted", greeks=["gex"], ticker="SPY"
    )
    strikes = heard.json["maps"]["gex"]["bars"]["strike"]
    assert strikes == sorted(strikes)


@row("33", "of duplicate strikes the last is kept, and they are counted")
async def _(it: Bench) -> None:
    bars = _bars()
    it.upstream.rest = always(strike_maps(bars=[*bars, {**bars[0], "calls": 7e6}]))
    await it.answers("1 duplicate strike: last kept")


@row("34", "a stored total that disagrees is recomputed, and it is said")
async def _(it: Bench) -> None:
    bars = [{**bar, "total": 1.0} for bar in _bars()]
    it.upstream.rest = always(strike_maps(bars=bars))
    await it.answers("stored total disagrees", "recomputed")


def _matrix(**changes: Any) -> Answer:
    body = {**recorded("mapa_gamma"), "ticker": "SPY", **changes}
    return always(body)


@row("35", "missing cells of a matrix are unavailable, surplus ones refused")
async def _(it: Bench) -> None:
    full = recorded("mapa_gamma")["matrix"][0]
    it.upstream.rest = _matrix(matrix=[full, full[:1], full])
    await it.answers("fewer cells than expirations", tool="mapa_gamma")
    it.upstream.rest = _matrix(ticker="QQQ", matrix=[full, [*full, 1.0], full])
    await it.refuses("bad_data", "more cells", tool="mapa_gamma", ticker="QQQ")


@row("36", "an expiration that is no date is refused")
async def _(it: Bench) -> None:
    it.upstream.rest = _matrix(expirations=["2026-05-18", "soon", "2026-05-20"])
    await it.refuses("bad_data", "not a date", tool="mapa_gamma")


@row("37", "without a spot no distance is reckoned, and it is said")
async def _(it: Bench) -> None:
    it.upstream.rest = always(strike_maps(spot=0))
    heard = await it.answers("spot is unavailable", tool="dealer_positioning")
    assert "spot" not in heard.json
    assert "distance_pct" not in heard.json["levels"]["call_wall"]


@row("38", "a reply for another ticker is refused and not remembered")
async def _(it: Bench) -> None:
    it.upstream.rest = always(strike_maps(ticker="QQQ"))
    await it.refuses("wrong_ticker", "asked for SPY", "QQQ", "after 5 s")
    it.upstream.rest = always(strike_maps())
    await it.answers()


@row("39", "of two clocks that disagree the ISO one is believed, and it is said")
async def _(it: Bench) -> None:
    it.upstream.rest = always(strike_maps(ts=1_700_000_000))
    heard = await it.answers("ts and ts_iso differ", greeks=["gex"], ticker="SPY")
    assert heard.json["as_of"].startswith("2026-11-19T12:00:00")


@row(
    "40", "a time without an offset is New York's, and one with an offset is an instant"
)
async def _(it: Bench) -> None:
    it.upstream.rest = always(strike_maps(ts_iso="2026-11-19T12:00:00", ts=None))
    await it.answers(
        "without its offset: read as New York time", greeks=["gex"], ticker="SPY"
    )
    twice = strike_maps(ticker="QQQ", ts_iso="2026-11-01T01:30:00-05:00", ts=None)
    it.upstream.rest = always(twice)
    heard = await it.answers(greeks=["gex"], ticker="QQQ")
    assert heard.json["as_of"] == "2026-11-01T01:30:00-05:00"


@row("41", "a map of half an hour ago in an open market is stale in its first word")
async def _(it: Bench) -> None:
    it.upstream.date = NOON
    it.upstream.rest = always(strike_maps(NOON - timedelta(minutes=30)))
    heard = await it.answers("do not call it current")
    assert heard.text.startswith("STALE")
    assert heard.json["freshness"] == "stale"


@row("42", "ages follow the upstream's clock where this computer's is off")
async def _(it: Bench) -> None:
    it.upstream.date = NOON
    it.upstream.rest = always(strike_maps(NOON - timedelta(seconds=20)))
    heard = await it.answers("ages use the upstream's", "this computer's clock is")
    assert heard.json["freshness"] == "live"
    assert 20 <= heard.json["age_s"] < 30


@row("43", "a reply beyond its cap is stopped, also when it is a bomb")
async def _(it: Bench) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = (
        b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    )
    it.upstream.rest = always(bomb, headers={"content-encoding": "gzip"})
    await it.refuses("too_large", "MB")
    it.upstream.rest = always(b" " * (5 << 20))
    await it.refuses("too_large", ticker="QQQ")


@row("44", "rows that are missing from a session are said to be missing")
async def _(it: Bench) -> None:
    rows = [
        {"ts": (NOON + timedelta(seconds=19 * n)).isoformat(), "ndf": n, "price": 600}
        for n in range(20)
    ]
    body = {"ticker": "SPY", "session_date": "2026-11-19", "count": 1200, "data": rows}
    it.upstream.rest = always(body)
    await it.answers("1200", tool="ndf_history")
