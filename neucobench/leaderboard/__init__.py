"""Boards: results of many methods, ranked."""
