"""Scores of a method and ranks of several."""
