"""The desk: the record of what came in, what was read in it, what staff decided and what went out.

Everything that must outlive a restart stands in one database (`tables`), reached through `Database` alone. Each module
holds one noun; whatever changes something takes the connection of an open transaction, so that a decision and its
line in the audit are stored together or not at all.

Imports no Rasa and no Flask.
"""
