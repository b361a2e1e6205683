from pathlib import Path

import pytest
from pydantic import SecretStr

from gexfocus_mcp.errors import BadSettings
from gexfocus_mcp.settings import (
    DEFAULT_BASE_URL,
    check_base_url,
    check_exposure,
    find_home,
    find_store_file,
    is_loopback,
    read_settings,
)


CANARY = "CANARY-77aa-key"


def test_an_empty_environment_is_the_live_feed_without_a_key() -> None:
    settings = read_settings({})
    assert (settings.api_key, settings.base_url, settings.demo) == (
        None,
        DEFAULT_BASE_URL,
        False,
    )
    assert settings.foreign_host is None


def test_the_key_comes_from_the_environment_and_is_in_no_repr() -> None:
    settings = read_settings({"GEXFOCUS_API_KEY": CANARY})
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == CANARY
    assert CANARY not in repr(settings)
    assert CANARY not in str(settings)


@pytest.mark.parametrize(
    ("platform", "env", "file"),
    [
        ("linux", {"HOME": "/h"}, "/h/.local/state/gexfocus-mcp/shared.sqlite3"),
        (
            "linux",
            {"HOME": "/h", "XDG_STATE_HOME": "/s"},
            "/s/gexfocus-mcp/shared.sqlite3",
        ),
        # The specification has a relative one ignored.
        (
            "linux",
            {"HOME": "/h", "XDG_STATE_HOME": "s"},
            "/h/.local/state/gexfocus-mcp/shared.sqlite3",
        ),
        (
            "darwin",
            {"HOME": "/h"},
            "/h/Library/Application Support/gexfocus-mcp/shared.sqlite3",
        ),
        (
            "win32",
            {"HOME": "/h", "LOCALAPPDATA": "/l"},
            "/l/gexfocus-mcp/shared.sqlite3",
        ),
    ],
)
def test_processes_share_through_a_file_in_the_users_state_folder(
    platform: str, env: dict[str, str], file: str
) -> None:
    assert find_store_file(env, platform) == Path(file)


def test_a_user_without_a_folder_shares_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def home() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", home)

    assert find_home({}) is None
    assert find_store_file({}) is None
    assert read_settings({}, demo=False).shared is None


def test_what_is_shared_is_chosen_by_url() -> None:
    def shared(said: str, *, demo: bool = False) -> Path | SecretStr | None:
        return read_settings({"HOME": "/h", "GEXFOCUS_SHARED": said}, demo=demo).shared

    assert isinstance(shared(""), Path)
    assert shared("off") is None
    assert shared("", demo=True) is None
    assert shared("redis://u:pw@desk:6380/1") == SecretStr("redis://u:pw@desk:6380/1")
    assert "pw" not in repr(shared("rediss://u:pw@desk"))


@pytest.mark.parametrize(
    "said",
    [
        "on",
        "http://u:pw@h",
        "redis://",
        "redis://u:pw@h:99999",
        "redis://u:pw@h/0?socket_timeout=abc",
        "redis://u:pw@h/x",
        "redis://u:pw@[h",
    ],
)
def test_a_store_that_cannot_be_meant_is_refused_without_repeating_it(
    said: str,
) -> None:
    with pytest.raises(BadSettings) as raised:
        read_settings({"GEXFOCUS_SHARED": said})
    assert "pw" not in str(raised.value)
    assert "GEXFOCUS_SHARED" in str(raised.value)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_the_key_may_stand_in_a_file(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(f"{CANARY}{ending}".encode())
    settings = read_settings({"GEXFOCUS_API_KEY_FILE": str(file)})
    assert settings.api_key == SecretStr(CANARY)


def test_the_key_itself_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("other")
    settings = read_settings(
        {"GEXFOCUS_API_KEY": CANARY, "GEXFOCUS_API_KEY_FILE": str(file)}
    )
    assert settings.api_key == SecretStr(CANARY)


@pytest.mark.parametrize(
    "placeholder",
    [
        "${user_config.api_key}",
        "${input:gexfocus-key}",
        "${}",
        "$GEXFOCUS_API_KEY",
    ],
)
def test_a_placeholder_that_a_client_did_not_fill_in_is_no_key(
    placeholder: str, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text(CANARY)
    unset = {"GEXFOCUS_API_KEY": placeholder}
    assert read_settings(unset).api_key is None
    settings = read_settings({**unset, "GEXFOCUS_API_KEY_FILE": str(file)})
    assert settings.api_key == SecretStr(CANARY)


@pytest.mark.parametrize(
    "key", [f"{CANARY}\n", f"{CANARY} x", f"{CANARY}é", f"{CANARY}\x00", CANARY * 99]
)
def test_a_key_that_cannot_be_one_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(BadSettings) as raised:
        read_settings({"GEXFOCUS_API_KEY": key})
    assert CANARY not in str(raised.value)


def test_an_unreadable_key_file_is_refused_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as raised:
        read_settings({"GEXFOCUS_API_KEY_FILE": str(tmp_path / "absent")})
    assert str(tmp_path) not in str(raised.value)


@pytest.mark.parametrize("value", ["1", "true", "YES"])
def test_demo_mode_can_be_set_in_the_environment_and_reads_no_key(value: str) -> None:
    settings = read_settings({"GEXFOCUS_DEMO": value, "GEXFOCUS_API_KEY": CANARY})
    assert settings.demo
    assert settings.api_key is None


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", DEFAULT_BASE_URL),
        ("https://proxy.example/trading/", "https://proxy.example/trading"),
        ("http://127.0.0.1:8766/trading", "http://127.0.0.1:8766/trading"),
        ("http://localhost:1/x", "http://localhost:1/x"),
        ("http://[::1]:1/x", "http://[::1]:1/x"),
    ],
)
def test_a_base_url_is_taken_without_its_last_slash(text: str, url: str) -> None:
    assert check_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org/trading",
        "ftp://127.0.0.1/",
        "apitrading.gexfocus.app",
        "https://user:pw@host/",
        "https://host/?key=1",
        "https://host/#x",
        "http://127.0.0.1.evil.example/",
        "https://[broken",
        "https://host:99999/",
    ],
)
def test_a_base_url_that_could_leak_the_key_is_refused(text: str) -> None:
    with pytest.raises(BadSettings):
        check_base_url(text)


def test_another_host_is_named() -> None:
    settings = read_settings({"GEXFOCUS_BASE_URL": "https://proxy.example/t"})
    assert settings.foreign_host == "proxy.example"


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "a.localhost"]
)
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", ""]
)
def test_what_is_not_loopback_is_known(host: str) -> None:
    assert not is_loopback(host)


def test_serving_beyond_this_machine_needs_a_token_and_a_host() -> None:
    token = SecretStr("t" * 32)
    check_exposure("127.0.0.1", None, ())
    check_exposure("10.0.0.1", token, ("desk.example",))
    with pytest.raises(BadSettings, match="no token"):
        check_exposure("10.0.0.1", None, ("desk.example",))
    with pytest.raises(BadSettings, match="no host name"):
        check_exposure("10.0.0.1", token, ())


@pytest.mark.parametrize("token", ["hunter2", "é" * 40])
def test_a_weak_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(BadSettings) as raised:
        read_settings({"GEXFOCUS_HTTP_TOKEN": token})
    assert token not in str(raised.value)


def test_a_log_level_that_is_none_is_refused() -> None:
    with pytest.raises(BadSettings, match="LOG_LEVEL"):
        read_settings({"GEXFOCUS_LOG_LEVEL": "loud"})
