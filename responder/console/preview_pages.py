"""The preview as pages on disk: open `index.html` in a browser, or print them. They need nothing else.

>>> write_preview(load_packs("offices"), "north-wales-opcc", now, Path("out"))  # doctest: +SKIP
[PosixPath('out/index.html'), PosixPath('out/facebook-dm.html'), ...]
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from responder.console import preview_moment, preview_rows, words
from responder.console.views.start import colour_rules
from responder.errors import BadInput

STYLES = "responder.css"


def write_preview(packs: Any, office: str, at: datetime, out: Path | str) -> list[Path]:
    """Writes one page a channel, an index and a style sheet into `out`; returns the files.

    Raises:
        UnknownName: there is no such office; the sentence lists those that there are.
        BadInput: the folder cannot be written.
    """
    settings, folder = packs.office(office), Path(out)
    pages = Environment(
        loader=PackageLoader("responder.console"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    common = {"words": words, "packs": packs, "office": settings, "at": at, "languages": settings.languages}
    standing = preview_moment.standing(packs, office, at)
    made = {"index.html": pages.get_template("preview/disk_index.html").render(**common, standing=standing)}
    for id_, channel in packs.channels.items():
        found, notes = preview_rows.entries(packs, office, at, channels=[id_], languages=settings.languages)
        page = pages.get_template("preview/disk_channel.html")
        made[f"{id_}.html"] = page.render(**common, channel=channel, entries=found, notes=notes)
    made[STYLES] = colour_rules(packs) + (Path(__file__).parent / "static" / STYLES).read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{folder} cannot be written ({error.strerror}): give another folder with --out.") from None
    return [folder / name for name in made]
