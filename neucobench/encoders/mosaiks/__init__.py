"""Random convolutional features of cubes."""
