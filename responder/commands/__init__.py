"""Groups of commands; `responder.cli` puts them together."""
