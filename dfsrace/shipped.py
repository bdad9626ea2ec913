# SPDX-License-Identifier: GPL-2.0-only
"""Where the models and the library lie that come with dfsrace."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def models_folder() -> Path:
    """Folder of the shipped models, holding `manifest.toml`; the same from a clone, an editable install and a wheel.

    A wheel carries the models inside the package; in a clone, and so in an editable install, they lie beside it. The
    manifest tells them from a stranger's folder of that name. FileNotFoundError where neither is there.
    """
    candidates = (_PACKAGE / "models", _PACKAGE.parent / "models")
    for folder in candidates:
        if (folder / "manifest.toml").is_file():
            return folder
    places = " or ".join(str(folder) for folder in candidates)
    raise FileNotFoundError(f"the shipped models are missing from this installation: no manifest.toml in {places}")


def library_folder() -> Path:
    """Folder of the model library: `vm.yaml`, `protocols/`, `scenarios/`. FileNotFoundError where it is not there."""
    folder = _PACKAGE / "library"
    if not folder.is_dir():
        raise FileNotFoundError(f"the library is missing from this installation: no folder {folder}")
    return folder
