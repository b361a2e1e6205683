"""What the surface needs of an answer, without importing what makes one."""

from typing import Any, Protocol


class Answer(Protocol):
    """Both channels of one reading; `render` makes them."""

    @property
    def text(self) -> str: ...

    @property
    def json(self) -> dict[str, Any]: ...
