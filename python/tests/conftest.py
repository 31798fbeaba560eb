"""Data of the tests: recorded traces, and what the command says of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACES = ROOT / "testdata" / "traces"
BAD = ROOT / "testdata" / "bad"
PATTERNS = ROOT / "testdata" / "patterns" / "go1.24"
MIXED = TRACES / "go1.27" / "mixed.trace"


def command(*args: object) -> bytes:
    """Returns what the command `gotrace` prints; GOTRACE names another than the debug build."""
    gotrace = os.environ.get("GOTRACE", str(ROOT / "target" / "debug" / "gotrace"))
    done = subprocess.run([gotrace, *map(str, args)], capture_output=True, check=False)
    # Status 1: it has warnings.
    assert done.returncode in (0, 1) and done.stdout, done.stderr.decode()
    return done.stdout


def command_json(*args: object) -> object:
    return json.loads(command(*args, "--json"))


@pytest.fixture(scope="session")
def long_trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trace that takes seconds to read: one that follows itself many times."""
    path = tmp_path_factory.mktemp("long") / "long.trace"
    once = MIXED.read_bytes()
    with path.open("wb") as file:
        for _ in range((256 << 20) // len(once)):
            file.write(once)
    return path
