"""Entropy coding: tables of probabilities, and the coder that spends bits by them."""
