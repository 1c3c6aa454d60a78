"""Pixels before they are coded: what their numbers mean, and where there are none."""
