"""Keyword arguments as options of the command, which makes the reports."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any, TypedDict, Union

Time = Union[int, str]
"""A moment: nanoseconds since the trace's start, which is how tables have it; or text, as
``--from`` and ``--to`` take it: ``"1.5ms"``, or ``"123456"`` for the trace's own clock."""

Duration = Union[int, str]
"""A length of time: nanoseconds, or text such as ``"10ms"``."""


class Within(TypedDict, total=False):
    """A stretch of time."""

    start: Time
    """Only from here on."""
    end: Time
    """Only before."""


class Selection(Within, total=False):
    """A part of a trace."""

    goroutine: int | Iterable[int]
    """Only these goroutines."""
    function: str
    """Only goroutines that began with a function whose name matches this regular expression."""
    task: int | str
    """Only work for the task of that number, or for all tasks of that type."""
    children: bool
    """False to leave out the tasks that are parts of it."""
    region: str
    """Only work in regions of that type."""
    state: str | Iterable[str]
    """Only goroutines' time in these states, and the events that bring one into them; not for
    tasks and regions, nor are the next three."""
    reason: str
    """Only states for which a goroutine blocked or stopped for a reason that matches this regular
    expression."""
    proc: int | Iterable[int]
    """Only what happened on these Ps, and the states of goroutines that began there."""
    thread: int | Iterable[int]
    """Only what happened on these Ms, and the states of goroutines that began there."""


_TIMES = {"start": "from", "end": "to"}
_DURATIONS = frozenset(["min", "max", "window", "around", "margin"])


def options(given: dict[str, Any]) -> list[str]:
    """Returns arguments as options: ``top=3`` as ``--top=3``; ``None`` and ``False`` as nothing."""
    line: list[str] = []
    for name, value in given.items():
        if name == "children":
            line += [] if value else ["--no-children"]
            continue
        option = "--" + _TIMES.get(name, name.replace("_", "-"))
        is_time = name in _TIMES or name in _DURATIONS
        for one in _each(value):
            if one is True:
                line.append(option)
            elif one is not None and one is not False:
                line.append(f"{option}={_nanos(one) if is_time else one}")
    return line


def selection(given: Any, known: type = Selection) -> list[str]:
    """Returns the arguments that select a part of a trace as options.

    Raises ``TypeError`` if there are others than in ``known``.
    """
    names = known.__annotations__
    for name in given:
        if name not in names:
            raise TypeError(f"there is no argument {name!r} to select a part of the trace; there are {', '.join(names)}")
    return options(given)


def within(given: Any) -> list[str]:
    """Returns the arguments that select a stretch of time as options, as ``selection`` does."""
    return selection(given, Within)


def _each(value: Any) -> Iterable[Any]:
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return value
    return (value,)


def _nanos(time: Any) -> str:
    return time if isinstance(time, str) else f"{max(index(time), 0)}ns"
