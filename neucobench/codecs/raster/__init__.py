"""Pictures in files: read by window, written row by row."""
