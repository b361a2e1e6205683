"""A bounded memory of finished work: the most recently used values are kept, the others are made again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import RLock
from typing import Generic, TypeVar


Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class Recent(Generic[Key, Value]):
    """
    At most *size* values by key.

    A value is made while the lock is held: two threads that want the same one would only share one
    interpreter to make it twice.
    """

    size: int
    _kept: OrderedDict[Key, Value] = field(default_factory=OrderedDict)
    _lock: RLock = field(default_factory=RLock)

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the value of *key*, making it when it is not remembered."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            value = make()
            self._kept[key] = value
            if len(self._kept) > self.size:
                self._kept.popitem(last=False)
            return value

    def peek(self, key: Key) -> Value | None:
        """Return the value of *key* if it is remembered."""
        with self._lock:
            return self._kept.get(key)
