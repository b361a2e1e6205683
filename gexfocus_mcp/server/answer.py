"""What the surface needs of an answer, without importing what makes one."""

from dataclasses import dataclass
from typing import Any, Protocol


class Answer(Protocol):
    """Both channels of one reading; `render` makes them."""

    @property
    def text(self) -> str: ...

    @property
    def json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Viewed:
    """
    An answer, and what a page draws from beside it.

    Attributes:
        data: Reaches the page and no model.
    """

    answer: Answer
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """
    A PNG and the same reading as text.

    No JSON beside it: some clients show a model either the JSON or the picture.
    """

    text: str
    png: bytes
