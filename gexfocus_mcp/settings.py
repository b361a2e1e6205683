"""The environment, read once, by the only module that reads it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from gexfocus_mcp.errors import BadSettings


DEFAULT_BASE_URL: Final = "https://apitrading.gexfocus.app/trading"
SHORTEST_TOKEN: Final = 32

_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LONGEST_KEY: Final = 512
_REDIS: Final = {"redis", "rediss"}
_YES: Final = {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What the environment says.

    Attributes:
        api_key: None where none is set: the server still starts and says so when asked.
        base_url: Checked, without a trailing slash.
        http_token: What callers of the HTTP service must present; None where none is set.
        allowed_hosts: Host names under which the HTTP service may be called, beside loopback.
        demo: Answer from the embedded simulated market.
        shared: Where processes that use one key share its budgets and answers: a file, a Redis URL (hidden,
            because it may hold a password), or None for nowhere.
        proxy: The variable that sends the upstream's requests through a proxy; empty where none does.
    """

    api_key: SecretStr | None = None
    base_url: str = DEFAULT_BASE_URL
    http_token: SecretStr | None = None
    allowed_hosts: tuple[str, ...] = ()
    log_level: str = "WARNING"
    demo: bool = False
    shared: Path | SecretStr | None = None
    proxy: str = ""

    @property
    def foreign_host(self) -> str | None:
        """The host that gets the key, where it is not the vendor's own."""
        host = urlsplit(self.base_url).hostname or ""
        return None if host == urlsplit(DEFAULT_BASE_URL).hostname else host


def environment() -> Mapping[str, str]:
    """The process's environment, for those that must look at more of it than its settings."""
    return os.environ


def read_settings(
    environment: Mapping[str, str] | None = None, *, demo: bool = False
) -> Settings:
    """
    Read the environment.

    Args:
        demo: Asked for on the command line; then the key and the base URL are not even read.

    Raises:
        BadSettings: A variable cannot be used. The message never holds a secret's value.
    """
    env = os.environ if environment is None else environment
    demo = demo or env.get("GEXFOCUS_DEMO", "").strip().lower() in _YES
    level = env.get("GEXFOCUS_LOG_LEVEL", "").strip().upper() or "WARNING"
    if level not in _LOG_LEVELS:
        raise BadSettings(
            "GEXFOCUS_LOG_LEVEL is not a level", f"Use one of {', '.join(_LOG_LEVELS)}."
        )
    base_url = (
        DEFAULT_BASE_URL if demo else check_base_url(env.get("GEXFOCUS_BASE_URL", ""))
    )
    hosts = env.get("GEXFOCUS_HTTP_ALLOWED_HOSTS", "").replace(",", " ").split()
    return Settings(
        api_key=None if demo else _read_key(env),
        base_url=base_url,
        http_token=_read_token(env),
        allowed_hosts=tuple(hosts),
        log_level=level,
        demo=demo,
        shared=None if demo else _read_shared(env),
        proxy=find_proxy(env, base_url),
    )


def find_proxy(env: Mapping[str, str], url: str) -> str:
    """The name of the variable that sends requests for *url* through a proxy; empty where none does."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    exempt = env.get("no_proxy") or env.get("NO_PROXY") or ""
    if any(
        name in {"*", host} or host.endswith(f".{name.lstrip('.')}")
        for name in exempt.replace(",", " ").split()
    ):
        return ""
    names = (f"{parts.scheme}_proxy", "all_proxy")
    spelt = (spelling for name in names for spelling in (name, name.upper()))
    return next((name for name in spelt if env.get(name)), "")


def _read_shared(env: Mapping[str, str]) -> Path | SecretStr | None:
    said = env.get("GEXFOCUS_SHARED", "").strip()
    if not said:
        return find_store_file(env)
    if said.lower() == "off":
        return None
    try:
        url = urlsplit(said)
        database = url.path.strip("/")
        usable = (
            url.scheme in _REDIS
            and bool(url.hostname)
            and url.port != 0
            and (not database or database.isdigit())
            # Options in the query would be taken by the library as they are.
            and not (url.query or url.fragment)
        )
    except ValueError:
        usable = False
    if not usable:
        # Not repeated: it may hold a password.
        raise BadSettings(
            "GEXFOCUS_SHARED is neither empty, off, nor a redis:// or rediss:// URL",
            "Leave it empty to share through a file of this user.",
        )
    return SecretStr(said)


def find_home(env: Mapping[str, str]) -> Path | None:
    """The user's folder; None for a user who has none, as in some containers."""
    try:
        return Path(env["HOME"]) if env.get("HOME") else Path.home()
    except RuntimeError:
        return None


def find_store_file(
    env: Mapping[str, str], platform: str = sys.platform
) -> Path | None:
    """The file in the user's state folder through which processes share; None where there is no such folder."""
    home = find_home(env)
    if home is None:
        return None
    if platform == "win32":
        folder = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        folder = home / "Library" / "Application Support"
    else:
        stated = Path(env.get("XDG_STATE_HOME") or "-")
        # A relative one is to be ignored (XDG base directory specification).
        folder = stated if stated.is_absolute() else home / ".local" / "state"
    return folder / "gexfocus-mcp" / "shared.sqlite3" if folder.is_absolute() else None


def _read_key(env: Mapping[str, str]) -> SecretStr | None:
    key, name = env.get("GEXFOCUS_API_KEY", ""), "GEXFOCUS_API_KEY"
    if key == f"${name}" or (key.startswith("${") and key.endswith("}")):
        # A client that knows no value for a placeholder hands on the placeholder itself.
        key = ""
    if not key and env.get("GEXFOCUS_API_KEY_FILE"):
        name = "GEXFOCUS_API_KEY_FILE"
        key = _read_file(Path(env[name]))
    if not key.strip():
        return None
    if not (
        key.isascii()
        and key.isprintable()
        and " " not in key
        and len(key) <= _LONGEST_KEY
    ):
        raise BadSettings(
            f"{name} holds something that cannot be a key (spaces, line breaks or odd characters)",
            "Copy the key again, without quotes.",
        )
    return SecretStr(key)


def _read_file(path: Path) -> str:
    try:
        return path.read_text("ascii").removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError):
        raise BadSettings(
            "the file that GEXFOCUS_API_KEY_FILE names cannot be read",
            "Check its path and its permissions.",
        ) from None


def _read_token(env: Mapping[str, str]) -> SecretStr | None:
    token = env.get("GEXFOCUS_HTTP_TOKEN", "")
    if not token:
        return None
    if len(token) < SHORTEST_TOKEN or not (token.isascii() and token.isprintable()):
        raise BadSettings(
            f"GEXFOCUS_HTTP_TOKEN is shorter than {SHORTEST_TOKEN} characters or not printable",
            "Use a long random one.",
        )
    return SecretStr(token)


def check_base_url(text: str) -> str:
    """
    The upstream's REST base URL without a trailing slash; the default where *text* is empty.

    Raises:
        BadSettings: Not an http(s) URL, plain http to a host that is not loopback, or a URL that carries
            a login, a query or a fragment.
    """
    if not text.strip():
        return DEFAULT_BASE_URL
    try:
        url = urlsplit(text.strip())
        host, _port = url.hostname or "", url.port
    except ValueError:
        url, host = urlsplit(""), ""
    if (
        url.scheme not in {"http", "https"}
        or not host
        or url.query
        or url.fragment
        or "@" in url.netloc
    ):
        raise BadSettings(
            "GEXFOCUS_BASE_URL is not a plain http(s) URL",
            f"The default is {DEFAULT_BASE_URL}.",
        )
    if url.scheme == "http" and not is_loopback(host):
        raise BadSettings(
            f"GEXFOCUS_BASE_URL would send the key unencrypted to {host}",
            "Use https; plain http is for this machine only.",
        )
    return url.geturl().rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine: localhost or a loopback address."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def check_exposure(host: str, token: SecretStr | None, hosts: tuple[str, ...]) -> None:
    """
    Refuse to listen beyond this machine without a token and a host name.

    Raises:
        BadSettings: One of the two is missing.
    """
    if is_loopback(host):
        return
    if token is None:
        raise BadSettings(
            f"serving on {host} is open to other machines and no token is set",
            f"Set GEXFOCUS_HTTP_TOKEN to at least {SHORTEST_TOKEN} random characters.",
        )
    if not hosts:
        raise BadSettings(
            f"serving on {host} is open to other machines and no host name is allowed",
            "Name the host that callers use with --allow-host or GEXFOCUS_HTTP_ALLOWED_HOSTS.",
        )
