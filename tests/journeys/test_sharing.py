"""Several servers with one key: one request, one budget, one memory, and nothing that fails because of it."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.journeys.asking import Connect, Heard, PlainUpstream, Recorded


pytestmark = pytest.mark.anyio


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "state" / "shared.sqlite3"


async def ask_each(
    live: Connect, count: int, times: int, **options: Any
) -> list[Heard]:
    """What *count* servers say when each is asked *times* at once."""
    heard: list[Heard] = []
    async with anyio.create_task_group() as servers:

        async def serve() -> None:
            async with live(**options) as assistant, anyio.create_task_group() as calls:

                async def call() -> None:
                    heard.append(await assistant.ask("latest_greeks", ticker="QQQ"))

                for _ in range(times):
                    calls.start_soon(call)

        for _ in range(count):
            servers.start_soon(serve)
    return heard


async def test_two_hundred_questions_at_once_are_one_request(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    heard = await ask_each(live, 1, 200, shared=store)

    assert len(heard) == 200
    assert not any(h.refused for h in heard)
    assert upstream.asked == ["/greeks/last/QQQ"]


async def test_eight_servers_with_one_key_make_one_request(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    heard = await ask_each(live, 8, 25, shared=store)

    assert len(heard) == 200
    assert not any(h.refused for h in heard)
    assert upstream.asked == ["/greeks/last/QQQ"]
    assert {str(h.json["maps"]) for h in heard} == {str(heard[0].json["maps"])}


def test_eight_processes_with_one_key_make_one_request(
    upstream: PlainUpstream, recorded: Recorded, tmp_path: Path, canary: str
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    env = {
        "GEXFOCUS_API_KEY": canary,
        "GEXFOCUS_BASE_URL": upstream.base_url,
        "XDG_STATE_HOME": str(tmp_path),
        "HOME": str(tmp_path),
    }
    words = [sys.executable, "-m", "gexfocus_mcp", "ask", "latest_greeks", "ticker=QQQ"]
    started = [
        subprocess.Popen(
            words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    said = [process.communicate(timeout=60) for process in started]

    assert [process.returncode for process in started] == [0] * 8, said
    assert upstream.asked == ["/greeks/last/QQQ"]


async def test_what_another_process_was_told_is_said_to_be_from_memory(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    async with live(shared=store) as first:
        here = await first.ask("latest_greeks", ticker="QQQ")
    async with live(shared=store) as second:
        there = await second.ask("latest_greeks", ticker="QQQ")
        status = await second.ask("api_status")

    assert "cached" not in here.json
    assert there.json["cached"] is True
    assert there.json["maps"] == here.json["maps"]
    assert status.json["cache"] == {"entries": 1, "hits": 1, "loads": 0}
    assert status.json["buckets"]["last"]["used"] == 1
    assert status.json["shared"] == "a file of this user"


async def test_a_simulated_upstream_is_called_so_by_whoever_reads_its_reply(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path
) -> None:
    upstream.say(
        "/greeks/last/QQQ",
        recorded("greeks_last"),
        headers={"x-gexfocus-simulated": "1"},
    )
    async with live(shared=store) as first:
        await first.ask("latest_greeks", ticker="QQQ")
    async with live(shared=store) as second:
        heard = await second.ask("latest_greeks", ticker="QQQ")

    assert heard.json["source"] == "simulated"
    assert heard.text.startswith("SIMULATED")


@pytest.mark.parametrize(
    ("status", "detail", "code", "other"),
    [
        (429, "rate limit exceeded", "rate_limited", None),
        (429, "api_key cooldown active", "cooldown", "cooldown"),
        (429, "too many IPs used within 5 minutes", "too_many_ips", "too_many_ips"),
        (401, "Missing or invalid API key", "unauthorized", "unauthorized"),
    ],
)
async def test_a_lock_met_by_one_process_stops_them_all(
    live: Connect,
    upstream: PlainUpstream,
    store: Path,
    status: int,
    detail: str,
    code: str,
    other: str | None,
) -> None:
    upstream.otherwise = upstream.reply(f'{{"detail":"{detail}"}}', status=status)
    async with live(shared=store) as first, live(shared=store) as second:
        await first.ask("latest_greeks", ticker="QQQ")
        met = len(upstream.asked)
        same = await second.ask("latest_greeks", ticker="SPY")
        assert len(upstream.asked) == met
        history = await second.ask("list_sessions", ticker="SPY")

    assert same.code == code
    assert history.code == (other or "rate_limited")
    assert len(upstream.asked) == met + (other is None)


@pytest.mark.parametrize("status", [400, 403, 404, 503])
async def test_a_refused_question_is_not_put_again_by_another_process(
    live: Connect, upstream: PlainUpstream, store: Path, status: int
) -> None:
    upstream.otherwise = upstream.reply("{}", status=status)
    async with live(shared=store) as first, live(shared=store) as second:
        here = await first.ask("latest_greeks", ticker="QQQ")
        there = await second.ask("latest_greeks", ticker="QQQ")
        assert len(upstream.asked) == 1
        await second.ask("latest_greeks", ticker="SPY")

    assert here.text == there.text
    assert len(upstream.asked) == 2


async def test_one_processs_own_broken_network_is_not_told_to_the_others(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path
) -> None:
    """What the upstream did not say itself, each process finds out for itself."""
    upstream.otherwise = upstream.reply("not json")
    async with live(shared=store) as first, live(shared=store) as second:
        assert (await first.ask("latest_greeks", ticker="QQQ")).code == "bad_data"
        upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
        heard = await second.ask("latest_greeks", ticker="QQQ")

    assert not heard.refused
    assert len(upstream.asked) == 2


async def test_another_processs_older_answer_stands_in_while_the_upstream_is_down(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    async with live(shared=store) as first:
        await first.ask("latest_greeks", ticker="QQQ")
    db = sqlite3.connect(store)
    db.execute("UPDATE answer SET at = at - 60, wall = wall - 60")
    db.commit()
    db.close()
    upstream.replies.clear()
    upstream.otherwise = upstream.reply("{}", status=503)
    async with live(shared=store) as second:
        heard = await second.ask("latest_greeks", ticker="QQQ")

    assert heard.json["freshness"] == "stale"
    assert heard.text.startswith("STALE")
    assert "503" in heard.json["notes"][0]


async def test_a_kept_answer_that_cannot_be_read_is_asked_for_again(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path
) -> None:
    import zlib

    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    async with live(shared=store) as first:
        await first.ask("latest_greeks", ticker="QQQ")
    db = sqlite3.connect(store)
    db.execute("UPDATE answer SET body = ?", (zlib.compress(b'{"ticker": "SPX"}'),))
    db.commit()
    db.close()
    async with live(shared=store) as second:
        heard = await second.ask("latest_greeks", ticker="QQQ")

    assert not heard.refused
    assert len(upstream.asked) == 2


async def test_another_key_has_a_share_of_its_own(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    for key in ("CANARY-one", "CANARY-two"):
        async with live(shared=store, key=key) as assistant:
            await assistant.ask("latest_greeks", ticker="QQQ")

    assert len(upstream.asked) == 2


def _spoil(path: Path, how: str) -> sqlite3.Connection | None:
    path.parent.mkdir(parents=True)
    if how == "garbage":
        path.write_bytes(b"\x00garbage" * 999)
    elif how == "folder":
        path.mkdir()
    elif how == "foreign version":
        db = sqlite3.connect(path)
        db.execute(f"PRAGMA application_id = {0x47455846}")
        db.execute("PRAGMA user_version = 999")
        db.commit()
        db.close()
    elif how == "locked":
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("BEGIN EXCLUSIVE")
        return db
    return None


@pytest.mark.parametrize("how", ["garbage", "folder", "foreign version", "locked"])
async def test_a_store_that_cannot_be_used_costs_a_note_and_no_answer(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path, how: str
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    holder = _spoil(store, how)
    async with live(shared=store) as assistant:
        heard = await assistant.ask("latest_greeks", ticker="QQQ")
        status = await assistant.ask("api_status")
    if holder is not None:
        holder.close()

    assert not heard.refused
    assert any("shared store not used" in note for note in heard.json["notes"])
    assert "shared store not used" in heard.text
    assert any("shared store not used" in note for note in status.json["notes"])
    assert status.json["buckets"]["last"]["limit"] == 39
    assert str(store) not in heard.text + status.text


async def test_the_store_holds_no_key(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, store: Path, canary: str
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    async with live(shared=store) as assistant:
        await assistant.ask("dealer_positioning", ticker="QQQ")
        for file in store.parent.iterdir():
            assert canary.encode() not in file.read_bytes()
