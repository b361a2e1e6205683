"""A file that cannot be the store is left as it is, and its trouble is told in a few words."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import anyio
import pytest

from gexfocus_mcp.traffic.file_store.opening import (
    APPLICATION,
    is_remote,
    open_file,
)
from gexfocus_mcp.traffic.file_store.store import FileStore
from gexfocus_mcp.traffic.store import StoreTrouble


pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "shared.sqlite3"


def write(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True)
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


async def trouble(path: Path, patience: float = 0.05) -> str:
    store = FileStore(path, "ours", patience=patience)
    try:
        with pytest.raises(StoreTrouble) as caught:
            await store.claim("last", 1, 60, 2)
    finally:
        await store.aclose()
    said = caught.value
    assert str(path) not in str(said)
    assert said.__context__ is None
    return said.reason


async def test_a_new_file_is_this_users_alone(path: Path) -> None:
    store = FileStore(path, "ours")
    await store.claim("last", 1, 60, 2)

    for made in (path.parent, *path.parent.iterdir()):
        assert not stat.S_IMODE(made.stat().st_mode) & 0o077, made
    await store.aclose()


async def test_a_file_that_is_no_store_is_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is not a database" * 100)

    assert await trouble(path) == "its file is not a store"
    assert path.read_bytes() == b"this is not a database" * 100


async def test_another_programs_file_is_left_alone(path: Path) -> None:
    write(path, "CREATE TABLE bookmarks (url TEXT)")

    assert await trouble(path) == "its file is another program's"
    tables = sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("bookmarks",)]


async def test_a_store_of_another_version_is_left_alone(path: Path) -> None:
    write(path, f"PRAGMA application_id = {APPLICATION}", "PRAGMA user_version = 9")

    assert await trouble(path) == "its file is of another version of gexfocus-mcp"


async def test_a_file_cut_in_the_middle_is_told_as_damaged(path: Path) -> None:
    db = open_file(path, 1)
    for number in range(200):
        db.execute(
            "INSERT INTO block VALUES ('b', ?, 1, 1, ?)", (str(number), "x" * 500)
        )
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)

    assert await trouble(path) in {"its file is damaged", "the disk failed"}


async def test_a_file_that_another_program_holds_is_waited_for_only_briefly(
    path: Path,
) -> None:
    open_file(path, 1).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")

    assert await trouble(path) == "locked by another program"
    other.close()


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")

    assert await trouble(tmp_path / "state" / "shared.sqlite3") == (
        "its folder cannot be used"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written_is_told(path: Path) -> None:
    path.parent.mkdir(mode=0o500, parents=True)

    assert await trouble(path) == "its folder cannot be used"


@pytest.mark.parametrize(
    ("mounts", "remote"),
    [
        ("/dev/sda / ext4 rw 0 0", False),
        ("/dev/sda / ext4 rw 0 0\nhost:/home /home nfs4 rw 0 0", True),
        ("//host/share /home/u cifs rw 0 0", True),
        ("host:/x /home nfs4 rw 0 0\n/dev/sdb /home/u/.local ext4 rw 0 0", False),
        ("host:/x /other nfs4 rw 0 0", False),
        ("", False),
    ],
)
def test_a_disk_of_another_machine_is_told_from_a_local_one(
    tmp_path: Path, mounts: str, *, remote: bool
) -> None:
    table = tmp_path / "mounts"
    table.write_text(mounts)

    assert is_remote(Path("/home/u/.local/state/x.sqlite3"), table) is remote
    assert not is_remote(Path("/home"), tmp_path / "none")


async def test_those_who_queue_for_a_locked_file_do_not_each_wait_for_it(
    path: Path,
) -> None:
    open_file(path, 1).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    store, reasons = FileStore(path, "ours", patience=0.3), list[str]()

    async def claim() -> None:
        with pytest.raises(StoreTrouble) as caught:
            await store.claim("last", 1, 60, 2)
        reasons.append(caught.value.reason)

    with anyio.fail_after(2):
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(claim)

    assert reasons == ["locked by another program"] * 20
    other.close()
    await store.aclose()


async def test_a_file_that_was_removed_is_made_anew(path: Path) -> None:
    store = FileStore(path, "ours")
    await store.claim("last", 1, 60, 2)
    for side in list(path.parent.iterdir()):
        side.unlink()

    assert (await store.claim("last", 1, 60, 2)).claimed
    assert path.exists()
    await store.aclose()


def test_many_processes_may_make_it_at_once(path: Path) -> None:
    together = threading.Barrier(8)
    failures: list[Exception] = []

    def make() -> None:
        together.wait()
        try:
            open_file(path, 5).close()
        except Exception as failure:  # noqa: BLE001 - whatever it is, it is told below
            failures.append(failure)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
