"""How fast and how big: this project beside stock Rasa. `python -m bench.bench`."""
