"""A Python with packages, for the scripts beside it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]


def enter(name, packages):
    """Runs the script again with a Python in target/NAME that has some packages, which are installed if they are missing."""
    folder = REPO / "target" / name
    if Path(sys.prefix) == folder:
        return
    python = folder / "bin" / "python3"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    os.execv(python, [str(python), *sys.argv])
