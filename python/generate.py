#!/usr/bin/env python3
"""Writes gotrace/reports.py, the classes of the reports, from docs/schemas.

    python3 python/generate.py
"""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCHEMAS = HERE.parent / "docs" / "schemas"
TARGET = HERE / "gotrace" / "reports.py"

# Reports that are made of a trace or a log. A line of `events` is a row of a table here.
REPORTS = """
    check count diagnose footprint gc gctrace goroutines goroutines-each goroutines-leaks
    goroutines-over-time latency metrics mmu path pprof procs regions regions-each schedtrace
    schedtrace-rows stw summary tasks tasks-each
""".split()

HEAD = '''"""The reports, in the very shape of ``--json``.

Made by generate.py from docs/schemas; do not edit. Times are nanoseconds on the trace's clock,
durations nanoseconds, sizes bytes, where nothing else is said. ``None`` stands for a value that
the trace or log does not have, or that does not apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from gotrace._build import Report
'''


def main() -> None:
    TARGET.write_text(generated())


def generated() -> str:
    """Returns the text of the module."""
    kinds: dict[str, dict] = {}
    for name in REPORTS:
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        for kind, part in [*schema.pop("$defs", {}).items(), (schema["title"], schema)]:
            # The element of a list is a kind of its own.
            if part.get("type") != "array":
                part = {key: value for key, value in part.items() if key not in ("$schema", "title")}
                assert kinds.setdefault(kind, part) == part, f"{kind} has two shapes"
    blocks = [block(kind, kinds[kind]) for kind in sorted(kinds, key=lambda kind: (order(kinds[kind]), kind))]
    return "\n\n".join([HEAD.rstrip("\n"), *blocks]) + "\n"


def order(schema: dict) -> int:
    """Returns the place of a kind: literals first, unions, which are evaluated, last."""
    return 0 if "oneOf" in schema else 2 if "anyOf" in schema else 1


def block(kind: str, schema: dict) -> str:
    """Returns the definition of a kind."""
    text = words(schema.get("description", ""))
    if "oneOf" in schema:
        values = ", ".join(json.dumps(one["const"]) for one in schema["oneOf"])
        return wrapped(f"{kind} = Literal[{values}]") + f"\n{doc(text, '')}"
    if "anyOf" in schema:
        return wrapped(f"{kind} = Union[{', '.join(map(hint, schema['anyOf']))}]") + f"\n{doc(text, '')}"
    lines = ["\n@dataclass(frozen=True, slots=True)", f"class {kind}(Report):", doc(text, "    ")]
    properties = schema.get("properties", {})
    assert set(properties) == set(schema.get("required", [])), f"{kind} has fields that may be absent"
    for name, field in properties.items():
        field_name = name + "_" if keyword.iskeyword(name) else name
        lines += ["", f"    {field_name}: {hint(field)}", doc(words(field.get("description", "")), "    ")]
    return "\n".join(lines)


def hint(schema: dict) -> str:
    """Returns the type of a value."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "anyOf" in schema:
        return " | ".join(sorted(map(hint, schema["anyOf"]), key=lambda one: one == "None"))
    kind = schema["type"]
    if isinstance(kind, list):
        return " | ".join(hint({**schema, "type": one}) for one in kind)
    if kind == "array":
        return f"list[{hint(schema['items'])}]"
    if kind == "object":
        return f"dict[str, {hint(schema['additionalProperties'])}]"
    return {"integer": "int", "number": "float", "string": "str", "boolean": "bool", "null": "None"}[kind]


def words(text: str) -> str:
    """Returns a description with code as Python's docs have it, and null as None."""
    return re.sub(r"`([^`]+)`", r"``\1``", re.sub(r"\bnull\b", "None", text)).replace("\\", "\\\\")


def doc(text: str, indent: str) -> str:
    return "\n".join(textwrap.wrap(f'"""{text}"""', 100, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False))


def wrapped(code: str) -> str:
    """Returns a definition over several lines if it is long."""
    if len(code) <= 100:
        return code
    head, items = code.rstrip("]").split("[", 1)
    return f"{head}[\n    " + ",\n    ".join(items.split(", ")) + ",\n]"


if __name__ == "__main__":
    main()
