"""Tasks: cards, suites, label tables and splits."""
