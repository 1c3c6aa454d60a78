"""Encoders: from a batch of cubes to vectors, and the run over a folder."""
