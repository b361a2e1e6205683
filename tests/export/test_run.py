"""From the question to the file: ended at any point and begun again, the same bytes."""

from datetime import datetime, timedelta
from pathlib import Path

import anyio
import httpx2
import pytest

from gexfocus_mcp.errors import NoData, UnknownTicker, UnreadableReply
from gexfocus_mcp.export.ledger import find_ledger
from gexfocus_mcp.market.calendar import NEW_YORK
from tests.desk.history_server import flow
from tests.export.shelf import (
    DAYS,
    FRIDAY,
    Shelf,
    breaking,
    export,
    ledger_of,
    part_of,
    whole,
)


pytestmark = pytest.mark.anyio

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=NEW_YORK)


async def test_a_range_is_one_file_of_its_stored_sessions(
    shelf: Shelf, out: Path
) -> None:
    run = await export(shelf, out)
    assert run.failure is None
    lines = out.read_text("ascii").splitlines()
    assert lines[0].startswith("ts,session,ndf,")
    assert len(lines) == 1 + 5 * 6
    assert [line.split(",")[1] for line in lines[1::6]] == list(map(str, DAYS))
    assert {line.rsplit(",", 1)[1] for line in lines[1:]} == {"gexfocus"}
    assert shelf.sessions_asked == list(map(str, DAYS))
    assert [line.partition(":")[0] for line in run.said] == [
        f"{day:%Y-%m-%d %a}" for day in DAYS
    ]
    assert not part_of(out).exists()


async def test_only_stored_days_are_asked_for(out: Path) -> None:
    shelf = Shelf.of(DAYS[0], DAYS[3])
    run = await export(shelf, out, day="2026-07-03", to="2026-07-11")
    assert run.failure is None
    assert shelf.sessions_asked == [str(DAYS[0]), str(DAYS[3])]
    assert run.said[0] == "not stored: 3 trading days from 2026-07-07 to 2026-07-10"


async def test_latest_is_the_newest_that_is_stored_and_names_the_file(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = await export(shelf, None, day="latest", to=None, ticker="$spy")
    assert run.path == Path("gexfocus-ndf-SPY-2026-07-10.csv")
    assert run.path.exists()
    assert shelf.sessions_asked == [str(FRIDAY)]


async def test_begun_again_after_a_failure_it_ends_with_the_same_bytes(
    shelf: Shelf, out: Path
) -> None:
    breaking(shelf, DAYS[2])
    first = await export(shelf, out)
    assert isinstance(first.failure, UnreadableReply)
    assert not out.exists()
    assert first.resume == (
        f"2 sessions are kept in {out}.part; the same command goes on from there"
    )

    shelf.asked.clear()
    shelf.instead = lambda _: None
    second = await export(shelf, out)
    assert second.failure is None
    assert second.said[0] == "2 of 5 sessions are there already"
    assert shelf.sessions_asked == list(map(str, DAYS[2:]))
    assert out.read_bytes() == await whole(out)


async def test_interrupted_in_the_middle_of_a_request_it_goes_on_from_there(
    shelf: Shelf, out: Path
) -> None:
    with anyio.CancelScope() as scope:

        def interrupt(request: httpx2.Request) -> None:
            if request.url.params.get("date") == str(DAYS[3]):
                scope.cancel()

        shelf.instead = interrupt
        await export(shelf, out)
    assert scope.cancelled_caught
    assert find_ledger(ledger_of(out)) is not None

    shelf.asked.clear()
    shelf.instead = lambda _: None
    assert (await export(shelf, out)).failure is None
    assert shelf.sessions_asked == list(map(str, DAYS[3:]))
    assert out.read_bytes() == await whole(out)


async def test_a_finished_file_is_not_asked_for_again(shelf: Shelf, out: Path) -> None:
    await export(shelf, out)
    before, stamp = out.read_bytes(), out.stat().st_mtime_ns
    shelf.asked.clear()
    again = await export(shelf, out)
    assert (again.failure, shelf.asked) == (None, [])
    assert again.said == [f"{out} is complete already, 30 rows; nothing was asked"]
    assert (out.read_bytes(), out.stat().st_mtime_ns) == (before, stamp)


async def test_a_session_under_way_is_exported_so_far_and_asked_for_again(
    out: Path,
) -> None:
    shelf = Shelf.of(*DAYS[:4])
    shelf.ticks[FRIDAY] = flow(FRIDAY, 3)
    noon = await export(shelf, out, to="today", now=NOON)
    assert noon.failure is None
    assert "not over yet" in noon.said[-1]
    assert len(out.read_text("ascii").splitlines()) == 1 + 4 * 6 + 3

    shelf.clock.seconds += 3600
    shelf.ticks[FRIDAY] = flow(FRIDAY, 6)
    shelf.asked.clear()
    evening = await export(shelf, out, to=str(FRIDAY), now=NOON + timedelta(hours=6))
    assert evening.failure is None
    assert shelf.sessions_asked == [str(FRIDAY)]
    assert "not over yet" in evening.said[-1]

    shelf.clock.seconds += 3600
    shelf.asked.clear()
    saturday = await export(shelf, out)
    assert saturday.said[0] == "4 of 5 sessions are there already"
    assert out.read_bytes() == await whole(out)
    shelf.asked.clear()
    await export(shelf, out)
    assert shelf.asked == []


async def test_a_range_whose_last_day_has_not_begun_is_not_complete(out: Path) -> None:
    shelf = Shelf.of(*DAYS[:4])
    await export(shelf, out, now=NOON.replace(hour=8))
    shelf.clock.seconds += 3600
    shelf.ticks[FRIDAY] = flow(FRIDAY, 6)
    assert (await export(shelf, out)).failure is None
    assert out.read_bytes() == await whole(out)


async def test_a_failure_leaves_a_file_of_this_morning_as_it_is(out: Path) -> None:
    shelf = Shelf.of(*DAYS)
    await export(shelf, out, now=NOON)
    before = out.read_bytes()
    shelf.clock.seconds += 3600
    breaking(shelf, FRIDAY)
    run = await export(shelf, out)
    assert isinstance(run.failure, UnreadableReply)
    assert f"4 sessions are kept in {out};" in (run.resume or "")
    assert out.read_bytes() == before


async def test_a_session_that_was_stored_late_comes_in_its_place(out: Path) -> None:
    shelf = Shelf.of(*DAYS[:1], *DAYS[2:])
    await export(shelf, out, now=NOON)
    late = Shelf.of(*DAYS)
    assert (await export(late, out)).failure is None
    assert out.read_bytes() == await whole(out)


async def test_simulated_rows_say_so_and_never_join_real_ones(out: Path) -> None:
    simulated = Shelf.of(*DAYS)
    simulated.simulated = True
    breaking(simulated, DAYS[2])
    await export(simulated, out)
    rows = part_of(out).read_text("ascii").splitlines()[1:]
    assert {row.rsplit(",", 1)[1] for row in rows} == {"simulated"}

    real = await export(Shelf.of(*DAYS), out)
    assert "simulated and not gexfocus" in str(real.failure)
    assert part_of(out).read_text("ascii").splitlines()[1:] == rows


async def test_what_is_not_stored_is_refused_and_leaves_nothing(
    shelf: Shelf, out: Path
) -> None:
    for day, to in (("2026-06-30", None), ("2026-06-01", "2026-07-02")):
        run = await export(shelf, out, day=day, to=to)
        assert isinstance(run.failure, NoData)
        assert "list_sessions ticker=SPY series=ndf" in str(run.failure)
    run = await export(Shelf(), out, day="latest", to=None)
    assert isinstance(run.failure, NoData)
    assert list(out.parent.iterdir()) == []


async def test_a_ticker_that_is_not_covered_is_refused_before_anything(
    shelf: Shelf, out: Path
) -> None:
    with pytest.raises(ExceptionGroup) as raised:
        await export(shelf, out, ticker="SPYX")
    assert raised.group_contains(UnknownTicker)
    assert shelf.asked == []


async def test_the_ledger_tells_what_the_file_cannot(out: Path) -> None:
    shelf = Shelf.of(*DAYS)
    await export(shelf, out, now=NOON)
    ledger = find_ledger(ledger_of(out))
    assert ledger is not None
    assert [entry.complete for entry in ledger.sessions] == [True] * 4 + [False]
    assert ledger.sessions[-1].end == out.stat().st_size
    assert (ledger.source, ledger.terms.last, ledger.final) == (
        "gexfocus",
        FRIDAY,
        False,
    )
