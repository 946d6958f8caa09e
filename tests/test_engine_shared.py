"""What the tests of the engine share: the trained model of RESPONDER_HOME, trained if there is no current one."""

from __future__ import annotations

import functools
import os
from datetime import datetime

import pytest

from responder.drafting.model import Draft, Message
from responder.drafting.packs import Packs, load_packs
from responder.engine import model
from responder.engine.agent import Engine
from responder.engine.lines import LONDON
from responder.engine.places import ROOT, Places
from responder.errors import ModelError

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=LONDON)  # a Friday, in hours
OFFICE, CHANNEL = "leicestershire-opcc", "facebook-dm"


@functools.cache
def trained_places() -> Places:
    """The places with a current model."""
    places = Places.default(os.environ.get("RESPONDER_HOME") or ROOT / "var")
    try:
        model.current(places)
    except ModelError:
        model.train(places)
    return places


@functools.cache
def shared_packs() -> Packs:
    """The project's packs."""
    return load_packs(ROOT / "offices")


@functools.cache
def shared_engine() -> Engine:
    """One loaded engine for all tests."""
    return Engine.load(places=trained_places(), packs=shared_packs())


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The loaded engine."""
    return shared_engine()


@pytest.fixture(scope="session")
def places() -> Places:
    """The places with a current model."""
    return trained_places()


@pytest.fixture(scope="session")
def packs() -> Packs:
    """The project's packs."""
    return shared_packs()


def said(text: str, **changes: object) -> Message:
    """A message with that text."""
    fields = {"office": OFFICE, "channel": CHANNEL, "received_at": NOW, **changes}
    return Message(text=text, **fields)  # type: ignore[arg-type]


def well_formed(draft: Draft) -> None:
    """What holds of every draft, whatever was written."""
    line = draft.as_dict()
    assert line["handling"] in ("reply", "no_reply", "person")
    assert 0.0 <= line["intent"]["confidence"] <= 1.0
    assert line["handling"] != "reply" or line["reply"]
    assert not draft.assessment.is_emergency or "999" in (draft.reply or "")
