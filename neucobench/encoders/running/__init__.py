"""The run over a folder of cubes: shards, features, reducers, the file."""
