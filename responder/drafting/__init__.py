"""Policy and drafting: packs, clauses, compose and check. Plain Python and PyYAML; no Rasa, no Flask, no database.

>>> from responder.drafting import load_packs
>>> packs = load_packs("offices")
"""

from responder.drafting.checking import check
from responder.drafting.compose import draft
from responder.drafting.packs import Packs, load_packs

__all__ = ["Packs", "check", "draft", "load_packs"]
