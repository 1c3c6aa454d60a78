"""Encoders without training: baselines and controls."""
