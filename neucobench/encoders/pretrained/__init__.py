"""Encoders with trained weights, and their controls with random ones."""
