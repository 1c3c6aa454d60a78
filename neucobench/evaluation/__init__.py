"""Evaluation: join, split, probe all folds, score."""
