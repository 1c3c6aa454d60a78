"""Cloudy pixels filled from the other seasons, by temporal codecs and by baselines."""
