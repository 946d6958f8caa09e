"""Rasa's door: custom actions that the rules of data/rules.yml dispatch."""
