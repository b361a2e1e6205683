"""What lies around the program: its key, whom it asks, and the proxies and certificates on the way."""

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gexfocus_mcp.doctor.finding import Finding
from gexfocus_mcp.settings import Settings


_OTHERS_MAY_READ: Final = 0o077
_PROXIES: Final = {"http", "https", "socks5", "socks5h"}

AUTHORITY: Final = (
    "A company's proxy may sign connections with an authority of its own: put that authority into the system's "
    "store, or name its PEM file in SSL_CERT_FILE (REST and stream both read it). Or this computer's clock is wrong."
)
"""What to do about a certificate that cannot be verified."""


def check_key(settings: Settings, env: Mapping[str, str]) -> Finding:
    if settings.api_key is None:
        return Finding(
            "key",
            "broken",
            "no API key is set",
            "Set GEXFOCUS_API_KEY in the client's env block, or start with --demo for a simulated market.",
        )
    if env.get("GEXFOCUS_API_KEY"):
        return Finding("key", "good", "set in GEXFOCUS_API_KEY")
    file = Path(env.get("GEXFOCUS_API_KEY_FILE", ""))
    # Windows keeps its permissions elsewhere.
    if sys.platform != "win32" and file.stat().st_mode & _OTHERS_MAY_READ:
        return Finding(
            "key",
            "degraded",
            "set in the file that GEXFOCUS_API_KEY_FILE names, which other users may read",
            "Let nobody else read it: chmod 600 on the file.",
        )
    return Finding("key", "good", "set in the file that GEXFOCUS_API_KEY_FILE names")


def check_address(settings: Settings) -> Finding:
    host = urlsplit(settings.base_url).hostname
    if settings.foreign_host is None:
        return Finding("address", "good", f"GEXfocus at {host}")
    return Finding(
        "address", "good", f"{host}: the key goes there, as GEXFOCUS_BASE_URL says"
    )


def check_proxy(settings: Settings, env: Mapping[str, str]) -> Finding:
    if not settings.proxy:
        return Finding("proxy", "good", "none is set")
    said = env[settings.proxy]
    try:
        # A bare host:port is taken for http, as the HTTP library takes it.
        url = urlsplit(said if "://" in said else f"http://{said}")
        host, port = url.hostname, url.port
    except ValueError:
        url, host, port = urlsplit(""), None, None
    if not host or " " in host or url.path.strip("/") or url.scheme not in _PROXIES:
        return Finding(
            "proxy",
            "broken",
            f"{settings.proxy} is set to something that is no proxy's URL",
            "Write it as http://host:port, or remove it.",
        )
    place = f"{host}:{port}" if port else host
    says = f"{settings.proxy} sends requests through {place}; NO_PROXY exempts hosts"
    if url.scheme.startswith("socks") and not (
        find_spec("socksio") and find_spec("python_socks")
    ):
        return Finding(
            "proxy",
            "broken",
            f"{says}; support for SOCKS is not installed",
            "Install it beside the program: pip install socksio python-socks.",
        )
    return Finding("proxy", "good", says)


def check_certificates(env: Mapping[str, str]) -> Finding:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        said = env.get(name)
        if not said:
            continue
        found = Path(said).is_file() if name == "SSL_CERT_FILE" else Path(said).is_dir()
        if not found:
            return Finding(
                "certificates",
                "broken",
                f"{name} names something that is not there",
                "Correct it, or remove it to use the system's certificates.",
            )
        return Finding("certificates", "good", f"those that {name} names")
    return Finding("certificates", "good", "those of the system")
