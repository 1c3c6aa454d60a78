"""The sample world: synthetic places, and what the satellites would see of them."""
