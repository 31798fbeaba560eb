"""Reports from JSON: dictionaries to the classes of ``gotrace.reports``, and back."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")
_Make = Callable[[Any], Any]


class Report:
    """A report, or a part of one."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns what ``--json`` prints: dictionaries, lists, numbers and text."""
        return typing.cast("dict[str, Any]", _plain(self))


def build(kind: type[R], value: Any) -> R:
    """Makes an object of this class, or ``list[...]`` of classes, from parsed JSON."""
    make = _maker(typing.cast(Any, kind))
    return typing.cast(R, value if make is None else make(value))


@functools.cache
def _maker(kind: Any) -> _Make | None:
    """Returns the function that makes a value of this type; none if JSON has it as it is."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return _list_of(_maker(args[0]))
    if origin is dict:
        return _dict_of(_maker(args[1]))
    if origin in (typing.Union, types.UnionType):
        kinds = [arg for arg in args if arg is not type(None)]
        return _optional(_maker(kinds[0])) if len(kinds) == 1 else _one_of(kinds)
    return _object(kind) if dataclasses.is_dataclass(kind) else None


def _list_of(make: _Make | None) -> _Make | None:
    return None if make is None else lambda values: [make(value) for value in values]


def _dict_of(make: _Make | None) -> _Make | None:
    return None if make is None else lambda values: {key: make(value) for key, value in values.items()}


def _optional(make: _Make | None) -> _Make | None:
    return None if make is None else lambda value: None if value is None else make(value)


def _one_of(kinds: list[Any]) -> _Make:
    """Tells several classes apart by the names of their fields."""
    makers = {frozenset(_names(kind)): _object(kind) for kind in kinds if dataclasses.is_dataclass(kind)}

    def make(value: Any) -> Any:
        known = makers.get(frozenset(value)) if isinstance(value, dict) else None
        return value if known is None else known(value)

    return make


def _object(kind: Any) -> _Make:
    names = _names(kind)
    renamed = {name: field for name, field in names.items() if name != field}

    # Found out late: a tree has parts of its own class.
    @functools.cache
    def made() -> list[tuple[str, _Make]]:
        hints = typing.get_type_hints(kind)
        return [(name, one) for name, field in names.items() if (one := _maker(hints[field]))]

    def make(value: dict[str, Any]) -> Any:
        value = dict(value)
        for name, part in made():
            value[name] = part(value[name])
        for name, field in renamed.items():
            value[field] = value.pop(name)
        return kind(**value)

    return make


def _names(kind: Any) -> dict[str, str]:
    """Returns the names in JSON with those of the fields: ``from`` is ``from_`` in Python."""
    return {field.name.rstrip("_"): field.name for field in dataclasses.fields(kind)}


def _plain(value: Any) -> Any:
    if isinstance(value, Report):
        return {name: _plain(getattr(value, field)) for name, field in _names(type(value)).items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
