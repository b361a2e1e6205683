"""What broke, told apart by what httpx2 raised."""

import ssl

import httpx2
import pytest

from gexfocus_mcp.sources.gexfocus.breakage import is_untrusted, to_failure


@pytest.mark.parametrize(
    ("error", "code", "retry_after"),
    [
        (httpx2.ReadTimeout(""), "timeout", 15),
        (httpx2.PoolTimeout(""), "timeout", 15),
        (httpx2.DecodingError("x"), "bad_data", 15),
        (httpx2.ReadError("x"), "unreachable", 5),
        (httpx2.RemoteProtocolError("x"), "unreachable", 5),
        (httpx2.ProxyError("407"), "unreachable", None),
        (ImportError("socksio"), "unreachable", None),
        (httpx2.LocalProtocolError("x"), "unreachable", None),
        (httpx2.InvalidURL("x"), "unreachable", None),
        (ValueError("x"), "unreachable", None),
    ],
)
def test_failures(error: Exception, code: str, retry_after: float | None) -> None:
    failure = to_failure(error)

    assert (failure.code, failure.retry_after) == (code, retry_after)


def test_a_certificate_is_found_however_deep_it_lies() -> None:
    outer = httpx2.ConnectError("broken")
    middle = OSError("broken")
    middle.__context__ = ssl.SSLCertVerificationError("self-signed")
    outer.__cause__ = middle

    assert is_untrusted(outer)
    assert is_untrusted(httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] ..."))
    assert not is_untrusted(httpx2.ConnectError("refused"))
