"""The exceptions of gotrace."""

from __future__ import annotations


class Error(Exception):
    """A trace or a log that does not give what is asked for."""


class TraceError(Error):
    """A trace that cannot be read.

    ``offset`` is the place of the defect in the file, in bytes; ``None`` if the error is not
    about a defect at one place, as when a trace has no event.
    """

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset

    def __reduce__(self) -> tuple[type[TraceError], tuple[str, int | None]]:
        return type(self), (str(self), self.offset)
