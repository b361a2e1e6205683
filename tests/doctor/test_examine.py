"""The checks against upstreams that work and upstreams that do not: one line each, with its fix, and no key."""

import json
import os
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gexfocus_mcp.cli import main
from gexfocus_mcp.doctor.examine import examine
from gexfocus_mcp.doctor.finding import Finding, severity
from gexfocus_mcp.traffic.file_store.store import FileStore
from tests.journeys.asking import PlainUpstream


pytestmark = pytest.mark.anyio

CANARY = "CANARY-doctor-key"
SESSIONS = {"ticker": "SPY", "sessions": []}


@pytest.fixture
def env(tmp_path: Path, upstream: PlainUpstream) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "GEXFOCUS_API_KEY": CANARY,
        "GEXFOCUS_BASE_URL": upstream.base_url,
    }


async def findings(env: dict[str, str], **options: Any) -> dict[str, Finding]:
    found = await examine(env, **options)
    assert CANARY not in repr(found)
    for finding in found:
        assert finding.fix or finding.status in {"good", "skipped"}, finding
    return {finding.name: finding for finding in found}


async def test_everything_that_works_is_good(
    upstream: PlainUpstream, env: dict[str, str]
) -> None:
    upstream.say("/history/ndf/sessions", SESSIONS)
    upstream.stream = ["{}"]
    found = await findings(env)

    assert severity(found.values()) == 0, found
    assert found["REST"].says.startswith("answered in")
    assert found["stream"].says == "connected, and it speaks"
    assert found["clock"].status == "good"
    assert "1 of 58 history" in found["shared store"].says
    assert sorted(path.partition("?")[0] for path in upstream.asked) == [
        "/history/ndf/sessions",
        "/ws/ndf",
    ]


async def test_without_a_key_nothing_is_asked(
    upstream: PlainUpstream, env: dict[str, str]
) -> None:
    found = await findings({**env, "GEXFOCUS_API_KEY": ""})

    assert found["key"].status == "broken"
    assert "--demo" in found["key"].fix
    assert found["REST"].status == found["stream"].status == "skipped"
    assert severity(found.values()) == 2
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("reply", "status", "says"),
    [
        ({"status": 401}, "broken", "does not accept the API key"),
        ({"status": 403}, "degraded", "no access"),
        ({"status": 503}, "degraded", "temporarily unavailable"),
        ({"status": 302}, "broken", "unexpected HTTP 302"),
        ({"status": 429}, "degraded", "budget of the API key is used up"),
        ({"body": "not json"}, "broken", "not a JSON object"),
        (
            {"body": "<html>", "headers": {"content-type": "text/html"}},
            "broken",
            "web page",
        ),
    ],
)
async def test_a_rest_side_that_fails_is_told_with_its_reason(
    upstream: PlainUpstream,
    env: dict[str, str],
    reply: dict[str, Any],
    status: str,
    says: str,
) -> None:
    upstream.otherwise = upstream.reply(**{"body": "{}", **reply})
    found = await findings(env)

    assert found["REST"].status == status
    assert says in found["REST"].says


async def test_a_key_refused_a_moment_ago_is_tried_again(
    upstream: PlainUpstream, env: dict[str, str]
) -> None:
    upstream.otherwise = upstream.reply("{}", status=401)
    assert (await findings(env))["REST"].status == "broken"
    upstream.say("/history/ndf/sessions", SESSIONS)

    assert (await findings(env))["REST"].status == "good"


async def test_a_stream_that_is_refused_leaves_the_rest_usable(
    upstream: PlainUpstream, env: dict[str, str]
) -> None:
    upstream.say("/history/ndf/sessions", SESSIONS)
    upstream.replies["/ws/ndf"] = upstream.reply("{}", status=403)
    found = await findings(env)

    assert found["stream"].status == "degraded"
    assert severity(found.values()) == 1


async def test_no_connection_names_the_proxy_without_its_login(
    env: dict[str, str],
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    dead = {
        **env,
        "GEXFOCUS_BASE_URL": f"http://127.0.0.1:{port}/trading",
        "HTTP_PROXY": "http://user:secret@proxy.example:3128",
    }
    found = await findings(dead)

    assert found["REST"].status == "broken"
    assert "HTTP_PROXY" in found["REST"].fix
    assert found["proxy"].says.startswith(
        "HTTP_PROXY sends requests through proxy.example:3128"
    )
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("said", "status", "says"),
    [
        ({}, "good", "none is set"),
        (
            {"HTTP_PROXY": "http://p:3128", "NO_PROXY": "127.0.0.1"},
            "good",
            "none is set",
        ),
        ({"HTTP_PROXY": "not a url"}, "broken", "no proxy's URL"),
        ({"HTTP_PROXY": "p:3128", "NO_PROXY": "x"}, "good", "through p:3128"),
        ({"HTTP_PROXY": "http://:3128"}, "broken", "no proxy's URL"),
        ({"HTTP_PROXY": "ftp://p:3128"}, "broken", "no proxy's URL"),
        ({"ALL_PROXY": "socks5://p:1080"}, "broken", "SOCKS is not installed"),
    ],
)
async def test_a_proxy_is_explained(
    env: dict[str, str], said: dict[str, str], status: str, says: str
) -> None:
    found = await findings({**env, **said})

    assert found["proxy"].status == status
    assert says in found["proxy"].says


async def test_a_certificate_file_that_is_not_there_is_told(
    env: dict[str, str], tmp_path: Path
) -> None:
    missing = {**env, "SSL_CERT_FILE": str(tmp_path / "none.pem")}
    assert (await findings(missing))["certificates"].status == "broken"
    (tmp_path / "none.pem").write_text("")
    assert (await findings(missing))["certificates"].status == "good"


async def test_a_clock_that_is_off_is_told_with_how_far(
    upstream: PlainUpstream, env: dict[str, str]
) -> None:
    upstream.say("/history/ndf/sessions", SESSIONS)
    upstream.date = "Fri, 27 Nov 2020 12:00:00 GMT"
    found = await findings(env)

    assert found["clock"].status == "degraded"
    assert "days ahead" in found["clock"].says


async def test_a_key_file_that_others_may_read_is_told(
    env: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text(CANARY)
    file.chmod(0o644)
    with_file = {**env, "GEXFOCUS_API_KEY": "", "GEXFOCUS_API_KEY_FILE": str(file)}
    assert "chmod 600" in (await findings(with_file))["key"].fix
    file.chmod(0o600)
    assert (await findings(with_file))["key"].status == "good"


async def test_settings_that_cannot_be_used_are_told_instead_of_everything_else(
    env: dict[str, str],
) -> None:
    found = await findings({**env, "GEXFOCUS_SHARED": "ftp://u:pw@h"})

    assert found["settings"].status == "broken"
    assert "REST" not in found
    assert "pw" not in repr(found)


async def test_the_simulated_market_needs_none_of_it(
    upstream: PlainUpstream, env: dict[str, str]
) -> None:
    found = await findings({**env, "GEXFOCUS_DEMO": "1"})

    assert severity(found.values()) == 0
    assert upstream.asked == []


def store_file(env: dict[str, str]) -> Path:
    return Path(env["HOME"]) / ".local" / "state" / "gexfocus-mcp" / "shared.sqlite3"


async def test_a_store_that_cannot_be_used_is_emptied_by_reset(
    upstream: PlainUpstream, env: dict[str, str]
) -> None:
    upstream.say("/history/ndf/sessions", SESSIONS)
    path = store_file(env)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage" * 500)
    broken = await findings(env)
    assert broken["shared store"].status == "degraded"
    assert "--reset" in broken["shared store"].fix

    mended = await findings(env, reset=True)
    assert mended["reset"].status == "good"
    assert mended["shared store"].status == "good"


async def test_reset_lifts_a_block_of_every_key(
    upstream: PlainUpstream, env: dict[str, str]
) -> None:
    upstream.say("/history/ndf/sessions", SESSIONS)
    await findings(env)
    db = sqlite3.connect(store_file(env))
    (name,) = db.execute("SELECT DISTINCT budget FROM hit").fetchone()
    db.close()
    store = FileStore(store_file(env), name)
    for bucket in ("last", "history"):
        await store.block(bucket, 120, "cooldown")
    blocked = await findings(env)
    assert "cooldown" in blocked["shared store"].says
    assert blocked["REST"].status == "degraded"

    assert severity((await findings(env, reset=True)).values()) <= 1
    assert (await store.usage("last", 118, 60)).blocked_s == 0
    await store.aclose()


def test_the_command_prints_lines_or_json_and_the_exit_code_says_how_bad(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for name in [n for n in os.environ if n.startswith("GEXFOCUS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["doctor"]) == 2
    said = capsys.readouterr().out
    assert "BROKEN key" in said
    assert said.splitlines()[-1].startswith("broken: ")

    assert main(["doctor", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "broken"
    assert {"name", "status", "says", "fix"} >= set(told["checks"][1])

    monkeypatch.setenv("GEXFOCUS_DEMO", "1")
    assert main(["doctor"]) == 0
