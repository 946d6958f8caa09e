"""Placeholder until the understanding part brings the real one."""

from responder.drafting.model import Flag


def find_personal_data(text: str) -> list[Flag]:
    return []
