"""Exit codes: 0 done, 1 refused or failed, 2 usage or unusable configuration, 130 interrupted."""

from typing import Final


DONE: Final = 0
FAILED: Final = 1
UNUSABLE: Final = 2
INTERRUPTED: Final = 130
