"""Lines wait on disk, and come back in the order of time."""

from datetime import timedelta

import pytest

from gexfocus_mcp.errors import BadArgument
from gexfocus_mcp.export.spool import Spool
from tests.export.shelf import SATURDAY


LATER = SATURDAY + timedelta(minutes=1)


def test_they_come_back_by_time_and_of_one_instant_as_they_came() -> None:
    with Spool() as spool:
        spool.add(LATER, ["c\n"])
        spool.add(SATURDAY, ["a\n", "b\n"])
        spool.add(LATER, ["d\n"])
        assert b"".join(spool.read()) == b"a\nb\nc\nd\n"
        assert (spool.snapshots, spool.rows) == (3, 4)


def test_what_was_cleared_is_gone() -> None:
    with Spool() as spool:
        spool.add(SATURDAY, ["long ago\n"])
        spool.clear()
        spool.add(LATER, ["now\n"])
        assert b"".join(spool.read()) == b"now\n"
        assert (spool.snapshots, spool.rows) == (1, 1)


def test_a_full_disk_is_not_blamed_on_the_file_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Full:
        """A disk that takes some, and then no more."""

        taken = 0

        def write(self, text: bytes) -> int:
            if self.taken:
                raise OSError(28, "No space left on device")
            self.taken += 4
            return 4

        def close(self) -> None:
            """Closes."""

    monkeypatch.setattr("gexfocus_mcp.export.spool.TemporaryFile", lambda **_: Full())
    with Spool() as spool, pytest.raises(BadArgument, match="No space left") as raised:
        spool.add(SATURDAY, ["more than four\n"])
    assert "TMPDIR" in raised.value.fix
