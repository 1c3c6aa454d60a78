"""Boards of the server: who stands where, as far as a phase reveals it."""
