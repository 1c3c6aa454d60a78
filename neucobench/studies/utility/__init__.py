"""What a bit is worth: the score that is left at each rate of a codec."""
