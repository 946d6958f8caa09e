"""What somebody had typed when a form was refused: shown on the page that says so, to be copied."""

from __future__ import annotations

from flask import request


def words() -> list[str]:
    """The values of the form that hold words of a person, each once; never a password."""
    found = [
        value.strip()
        for name, values in request.form.lists()
        for value in values
        if "password" not in name and len(value.split()) > 1
    ]
    return list(dict.fromkeys(found))
