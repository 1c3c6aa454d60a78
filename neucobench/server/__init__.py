"""The challenge server: accounts, phases, submissions, workers, pages and an API."""
