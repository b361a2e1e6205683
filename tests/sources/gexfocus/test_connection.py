"""The two ways a stream ends say nothing but what they are."""

from gexfocus_mcp.sources.gexfocus.connection import StreamLost, StreamRefused


def test_their_text_is_fixed() -> None:
    assert str(StreamRefused()) == "the stream was refused"
    assert str(StreamLost(30, "cooldown")) == "the stream was lost"
