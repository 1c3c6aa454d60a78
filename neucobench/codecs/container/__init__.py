"""The ``.tec`` file: a header, an index with checksums, and coded tiles."""
