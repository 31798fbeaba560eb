"""The Python of docs/python.md runs as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import PATTERNS, ROOT, TRACES


def test_the_recipes_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(TRACES / "go1.27" / "mixed.trace", tmp_path / "trace.out")
    shutil.copy(PATTERNS / "gc.log", tmp_path / "stderr.log")
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 10
    # One after the other, as a reader would.
    names: dict[str, object] = {}
    for block in blocks:
        if "task=" in block:
            block = "\n".join(line for line in block.splitlines() if "task=" not in line)
        exec(compile(block, "docs/python.md", "exec"), names)
    assert names["worst"][0] > 0 and names["latency"].p99 > 0 and names["reasons"] and names["log"].name


def test_the_twenty_questions_are_a_line_each() -> None:
    import gotrace

    text = (ROOT / "docs" / "tables.md").read_text()
    queries = re.findall(r"^\*\*\d+\. .*?\*\*\n\n```sql\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    assert len(queries) == 20
    t = gotrace.open(TRACES / "go1.27" / "mixed.trace")
    for query in queries:
        assert t.sql(query).columns
