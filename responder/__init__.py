"""Responder drafts the reply that an office's social-media policy asks for."""

__version__ = "0.1.0"
