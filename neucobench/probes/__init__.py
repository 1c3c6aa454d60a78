"""Probes: what is fitted on embeddings, all folds at once, and its metrics."""
