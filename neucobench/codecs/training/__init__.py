"""Training of the learned codecs: from a recipe and a folder of tiles to weights."""
