"""The JSON API under ``/api/v1``, and what every answer of the server has in common."""
