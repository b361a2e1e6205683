from gexfocus_mcp.simulator.recent import Recent


def test_a_value_is_made_once_while_it_is_remembered() -> None:
    made: list[int] = []
    recent: Recent[str, None] = Recent(2)
    for _ in range(3):
        recent.get("a", lambda: made.append(1))
    assert made == [1]


def test_the_least_recently_used_value_is_forgotten() -> None:
    recent: Recent[str, str] = Recent(2)
    for key in ("a", "b", "a", "c"):
        recent.get(key, lambda key=key: key)  # type: ignore[misc]  # mypy cannot infer a defaulted lambda
    assert recent.peek("b") is None
    assert (recent.peek("a"), recent.peek("c")) == ("a", "c")
