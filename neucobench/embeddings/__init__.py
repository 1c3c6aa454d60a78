"""Embedding tables: the value, its files, and the findings about a file."""
