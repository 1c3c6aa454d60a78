"""Submissions: from the upload to the queue, and what came of them."""
