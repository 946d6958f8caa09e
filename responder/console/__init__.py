"""The staff's door: pages over Flask. It speaks to the engine through its client and to `drafting` directly.

>>> from responder.console.app import create_app
>>> app = create_app(home, packs_folder, engine)  # doctest: +SKIP
"""
