"""Rasa's agent in this process: one text in, one assessment and draft out; and the worker that does it for the desk.

Only `agent`, `inprocess` and `model` import Rasa, and only when they are used; `client`, `lines` and `terminal` are
plain Python, so that a console or a command that needs no model starts at once.
"""
