"""Measuring the assistant on labelled messages: how often it is right, what it misses, how fast it is."""
