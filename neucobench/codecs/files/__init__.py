"""Files in coded form: the way there and back, tile by tile."""
