"""Faults that a test injects: an operation fails, loses its answer, or is slow for its next calls."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, Field

from examples.helpdesk.errors import Problem


class Fault(BaseModel):
    """With `after`, the operation is done and only its answer is lost; without a status, it is only slow."""

    operation: str
    times: int = Field(default=1, ge=1)
    status: int | None = Field(default=503, ge=500, le=599)
    delay_s: float = Field(default=0.0, ge=0.0)
    after: bool = False

    def fail(self) -> None:
        if self.status is not None:
            raise Problem("injected_fault", status=self.status)


class Faults:
    """The injected faults that are left."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    @contextmanager
    def around(self, operation: str) -> Iterator[None]:
        """Suffer the oldest fault of this operation, before or after what is done inside."""
        fault = self._take(operation)
        if fault is None:
            yield
            return
        time.sleep(fault.delay_s)
        if not fault.after:
            fault.fail()
        yield
        if fault.after:
            fault.fail()

    def _take(self, operation: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.operation == operation:
                    fault.times -= 1
                    self._faults = [left for left in self._faults if left.times > 0]
                    return fault
        return None
