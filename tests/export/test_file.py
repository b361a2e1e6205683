"""The file in the making: what is ours is gone on with, what is not is left alone."""

from pathlib import Path

import httpx2
import pytest

from gexfocus_mcp.errors import BadArgument
from tests.export.shelf import (
    DAYS,
    Shelf,
    breaking,
    export,
    part_of,
    whole,
)


pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("cut", [0, 7, 120, 700, 1100, 5000])
async def test_a_torn_file_is_cut_back_to_its_last_whole_session(
    cut: int, shelf: Shelf, out: Path
) -> None:
    """A machine that went down may leave more than the ledger knows of, or less."""
    breaking(shelf, DAYS[3])
    await export(shelf, out)
    data = part_of(out).read_bytes()
    torn = data[:cut] if cut < len(data) else data + b"2026-07-09T09:30:00.0000"
    part_of(out).write_bytes(torn)

    shelf.instead = lambda _: None
    assert (await export(shelf, out)).failure is None
    assert out.read_bytes() == await whole(out)


async def test_a_partial_file_that_was_only_to_be_renamed_is(
    shelf: Shelf, out: Path
) -> None:
    await export(shelf, out)
    out.rename(part_of(out))
    shelf.asked.clear()
    assert (await export(shelf, out)).failure is None
    assert shelf.sessions_asked == []
    assert out.read_bytes() == await whole(out)


@pytest.mark.parametrize("suffix", ["", ".part", ".ledger.json"])
async def test_a_foreign_file_is_left_alone(
    suffix: str, shelf: Shelf, out: Path
) -> None:
    foreign = out.with_name(out.name + suffix)
    foreign.write_text("mine")
    run = await export(shelf, out)
    assert isinstance(run.failure, BadArgument)
    assert "not known as an export of this program" in str(run.failure)
    assert foreign.read_text() == "mine"
    assert shelf.asked == []


async def test_a_folder_or_a_missing_folder_is_no_file(
    shelf: Shelf, tmp_path: Path
) -> None:
    for out in (tmp_path, Path(), tmp_path / "no" / "week.csv"):
        run = await export(shelf, out)
        assert isinstance(run.failure, BadArgument)
        assert "folder" in str(run.failure)
    assert shelf.asked == []


async def test_another_export_under_the_same_name_is_left_alone(
    shelf: Shelf, out: Path
) -> None:
    await export(shelf, out)
    before = out.read_bytes()
    for other in ({"ticker": "QQQ"}, {"series": "gex"}, {"to": str(DAYS[3])}):
        run = await export(shelf, out, **other)  # type: ignore[arg-type]  # words of the command line
        assert "is another export: ndf of SPY" in str(run.failure)
    assert out.read_bytes() == before


async def test_a_file_that_was_edited_is_left_alone(shelf: Shelf, out: Path) -> None:
    await export(shelf, out)
    out.write_bytes(out.read_bytes() + b"mine\n")
    run = await export(shelf, out)
    assert "was changed since it was written" in str(run.failure)
    assert out.read_bytes().endswith(b"mine\n")


async def test_two_at_once_do_not_write_into_one_file(shelf: Shelf, out: Path) -> None:
    breaking(shelf, DAYS[2])
    await export(shelf, out)

    def meddle(request: httpx2.Request) -> None:
        if request.url.params.get("date") == str(DAYS[3]):
            with part_of(out).open("ab") as file:
                file.write(b"another's\n")

    shelf.instead = meddle
    run = await export(shelf, out)
    assert "another program writes to" in str(run.failure)


async def test_a_pipe_gets_the_same_bytes_and_nothing_to_resume(
    shelf: Shelf, out: Path
) -> None:
    run = await export(shelf, None, pipe=True)
    assert run.text.encode() == await whole(out)
    assert (run.path, run.resume) == (None, None)
