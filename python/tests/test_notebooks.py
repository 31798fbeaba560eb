"""The notebooks run, and every question in them has its plot."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

NOTEBOOKS = sorted((ROOT / "python" / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    questions = sum(cell.source.startswith("## ") for cell in notebook.cells if cell.cell_type == "markdown")
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    plots = sum("image/png" in output.get("data", {}) for output in outputs)
    assert questions == 4 and plots >= questions


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
