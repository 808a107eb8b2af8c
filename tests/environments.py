"""Virtual environments beside the project's, for tests that need other versions than it has."""

import hashlib
import subprocess
import sys
import sysconfig
from pathlib import Path

from bookkit import ROOT


def environment(pins: Path, folder: Path) -> Path:
    """Return `folder`, a virtual environment with the versions of the file `pins`; made where it is missing or older.

    PyTorch and whatever else the file does not name come from the environment that runs the tests.
    """
    stamp, wanted = folder / "made-from", hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return folder
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", pins], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    lent = [str(ROOT), sysconfig.get_path("platlib")]  # after its own packages, which therefore win
    (packages / "lent.pth").write_text("\n".join(lent) + "\n", encoding="utf-8")
    stamp.write_text(wanted)
    return folder
