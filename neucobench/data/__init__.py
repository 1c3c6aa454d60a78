"""Data cubes: bands, readers, the folder of cubes, the hub, the sample world."""
