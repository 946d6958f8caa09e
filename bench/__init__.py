"""Measuring beside others: speed and memory (`bench.bench`), and how well messages are read (`bench.evaluate`)."""
