"""The trained model: made by `rasa.train`, pinned by a manifest, refused when missing, altered or old.

A Rasa model holds pickles, so it is code: before it is opened, its SHA-256 must be the one that the manifest of our own
training states. The manifest also states what it was trained from; when that has changed, the model is old.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import platform
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from responder.engine import quiet
from responder.engine.places import Places, private_folder
from responder.errors import ModelError

if TYPE_CHECKING:
    from rasa.core.agent import Agent

NAME = "responder"
DO = "run: responder train"
TICK_SECONDS = 5.0


@dataclass(frozen=True)
class Manifest:
    """What is known of a model: its file and hash, the hash of what it was trained from, versions, time (UTC).

    `own`: the hash of the office's own examples in it; `refused`: of those that were tried and made it worse.
    """

    model: str
    sha256: str
    inputs: str
    versions: dict[str, str]
    trained_at: str
    seconds: float
    own: str = ""
    refused: str = ""


def inputs(places: Places) -> Iterator[Path]:
    """The files that a model is made from: config, domain, training data, our components, their cues and encoder."""
    for name in ("config.yml", "domain.yml"):
        yield places.root / name
    yield from sorted(p for p in (places.root / "data").rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file())
    for folder in (places.root / "responder" / "nlu", places.packs / "national" / "cues"):
        yield from sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    for kind in ("*.safetensors", "*.npz"):
        yield from sorted((places.root / "encoder").rglob(kind))


def inputs_hash(places: Places) -> str:
    """One SHA-256 over names and contents of `inputs`. Raises ModelError where one cannot be read."""
    total = hashlib.sha256()
    for path in inputs(places):
        try:
            content = path.read_bytes()
        except OSError:
            raise ModelError(f"{path} cannot be read; the model is trained from it.") from None
        total.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def own_hash(places: Places) -> str:
    """The hash of the office's own examples; empty where there are none. Raises ModelError."""
    try:
        return _sha256(places.own_examples)
    except FileNotFoundError:
        return ""
    except OSError:
        raise ModelError(f"{places.own_examples} cannot be read; the model is trained from it.") from None


def is_untaught(places: Places) -> bool:
    """Whether the office has examples that the current model neither knows nor was refused for."""
    manifest = _manifest(places)
    return own_hash(places) not in (manifest.own, manifest.refused)


def current(places: Places) -> Path:
    """The model file, checked against its manifest. The office's newest examples need not be in it yet.

    Raises:
        ModelError: missing, altered, made by other versions, or older than its inputs; the sentence says what to do.
    """
    manifest = _manifest(places)
    path = places.models / manifest.model
    if not path.is_file():
        raise ModelError(f"There is no trained model {path}; {DO}.")
    if _sha256(path) != manifest.sha256:
        raise ModelError(f"The model {path} has been altered since it was trained, so it is not opened; {DO}.")
    if manifest.versions != versions():
        raise ModelError(f"The model {path} was trained with other versions of its libraries; {DO}.")
    if manifest.inputs != inputs_hash(places):
        raise ModelError(
            "The model is old: config.yml, domain.yml, data/, the cues, the encoder or responder/nlu/ has changed "
            f"since it was trained; {DO}."
        )
    return path


def train(places: Places, progress: IO[str] | None = None) -> Manifest:
    """Train anew and put the model in place of the old one, which stays where training fails.

    The seconds that have passed are told on `progress`.

    Raises:
        ModelError: Rasa could not train.
    """
    with trained_aside(places, progress) as (made, manifest):
        install(places, made, manifest)
    return manifest


@contextlib.contextmanager
def trained_aside(places: Places, progress: IO[str] | None = None) -> Iterator[tuple[Path, Manifest]]:
    """A new model's file with its manifest, beside the current one; gone after the block unless it was installed.

    Raises:
        ModelError: Rasa could not train.
    """
    quiet.before_rasa()
    import rasa

    quiet.close_logs()
    started, before, own = time.perf_counter(), inputs_hash(places), own_hash(places)
    private_folder(places.models)
    data = ["data", *([str(places.own_examples)] if own else [])]
    working = Path.cwd()
    with tempfile.TemporaryDirectory(dir=places.models, prefix=".training-") as folder:
        try:
            os.chdir(places.root)
            with _ticking(progress), contextlib.redirect_stdout(io.StringIO()), _quiet_errors():
                result = rasa.train(
                    domain="domain.yml",
                    config="config.yml",
                    training_files=data,
                    output=folder,
                    force_training=True,
                    fixed_model_name=NAME,
                )
        except (Exception, SystemExit) as error:
            raise ModelError(
                f"The model could not be trained ({quiet.failure(error)}); `rasa train` says more."
            ) from error
        finally:
            os.chdir(working)
        if result.code != 0 or not result.model:
            raise ModelError(f"The model could not be trained; Rasa ended with code {result.code}.")
        made = Path(result.model)
        name = f"{NAME}-{_sha256(made)[:12]}.tar.gz"
        manifest = Manifest(
            model=name,
            sha256=_sha256(made),
            inputs=before,
            versions=versions(),
            trained_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            seconds=round(time.perf_counter() - started, 1),
            own=own,
        )
        yield made, manifest


def install(places: Places, made: Path, manifest: Manifest) -> None:
    """Put a model that was trained aside in the place of the current one."""
    made.replace(places.models / manifest.model)
    _write_manifest(places, manifest)
    for old in places.models.glob(f"{NAME}-*.tar.gz"):
        if old.name != manifest.model:
            old.unlink(missing_ok=True)


def refuse(places: Places, own: str) -> None:
    """Keep the current model and remember that the examples of the hash `own` made it worse."""
    _write_manifest(places, replace(_manifest(places), refused=own))


def _write_manifest(places: Places, manifest: Manifest) -> None:
    draft = places.models / ".manifest.json"
    draft.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    draft.replace(_manifest_file(places))


@contextlib.contextmanager
def _ticking(progress: IO[str] | None) -> Iterator[None]:
    """Tell the seconds that pass on `progress`, until the block ends."""
    if progress is None:
        yield
        return
    done, started = threading.Event(), time.monotonic()

    def tell() -> None:
        while not done.wait(TICK_SECONDS):
            print(f"\rTraining … {time.monotonic() - started:.0f} s", end="", file=progress, flush=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        print(file=progress, flush=True)


@contextlib.contextmanager
def _quiet_errors() -> Iterator[None]:
    """Drop what Rasa and its libraries write to standard error: bars, and warnings that can hold a message's text."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


def load_agent(path: Path) -> Agent:
    """Rasa's agent for a model file, with in-process actions and no memory. Raises ModelError."""
    quiet.before_rasa()
    from rasa.core.agent import Agent

    from responder.engine.inprocess import Actions, NoConversations, validate_once

    quiet.close_logs()
    validate_once()
    try:
        agent = Agent.load(path, tracker_store=NoConversations(None), action_endpoint=Actions.load())
    except (Exception, SystemExit) as error:
        raise ModelError(f"The model {path} could not be loaded ({quiet.failure(error)}); {DO}.") from error
    quiet.close_logs()
    return agent


def versions() -> dict[str, str]:
    """What a model depends on, beside its inputs."""
    from importlib.metadata import version

    names = ("rasa", "scikit-learn", "spacy", "numpy", "onnxruntime")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _manifest_file(places: Places) -> Path:
    return places.models / "manifest.json"


def _manifest(places: Places) -> Manifest:
    path = _manifest_file(places)
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        manifest = Manifest(**found)
    except FileNotFoundError:
        raise ModelError(f"There is no trained model in {places.models}; {DO}.") from None
    except (OSError, ValueError, TypeError):
        raise ModelError(f"{path} cannot be read, so the model is not trusted; {DO}.") from None
    if Path(manifest.model).name != manifest.model:
        raise ModelError(f"{path} names a model outside its folder, so it is not trusted; {DO}.")
    return manifest


def _sha256(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()
