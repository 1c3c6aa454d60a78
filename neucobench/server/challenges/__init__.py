"""Challenges: made from a board card, with phases, quota, and a host's desk."""
