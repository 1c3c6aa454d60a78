"""The client of a challenge server: what a participant's machine does."""
