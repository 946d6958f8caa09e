"""Where things are: the project's folder, the packs, and RESPONDER_HOME, which holds what is made."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SOCKET_PATH = 100  # bytes; the system allows 107


@dataclass(frozen=True)
class Places:
    """The folders of one installation. `root` holds config.yml, domain.yml and data/; `home` what is made."""

    root: Path
    home: Path
    packs: Path

    @classmethod
    def default(cls, home: Path | str | None = None) -> Places:
        """From RESPONDER_HOME (default ./var) and RESPONDER_PACKS (default the project's offices/)."""
        chosen = home or os.environ.get("RESPONDER_HOME") or "var"
        packs = os.environ.get("RESPONDER_PACKS") or ROOT / "offices"
        return cls(root=ROOT, home=Path(chosen).resolve(), packs=Path(packs))

    @property
    def models(self) -> Path:
        """Where trained models lie."""
        return self.home / "models"

    @property
    def own_examples(self) -> Path:
        """The office's own labelled examples, which `responder teach` keeps and `responder train` takes in."""
        return self.home / "examples.yml"

    @property
    def key(self) -> Path:
        """The file whose content a client of the worker must know (mode 0600)."""
        return self.home / "engine.key"

    @property
    def lock(self) -> Path:
        """The file that the one worker of this home holds locked."""
        return self.home / "engine.lock"

    @property
    def socket(self) -> Path:
        """The worker's socket. In a deep folder, where the system's limit is passed, in the temporary folder."""
        path = self.home / "engine.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"responder-{os.getuid()}" / f"{name}.sock"


def private_folder(folder: Path) -> Path:
    """The folder, made if it is not there, for this account only if it is new."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
