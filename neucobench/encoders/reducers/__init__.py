"""Reducers: from the features of an encoder to vectors that fit a size budget."""
