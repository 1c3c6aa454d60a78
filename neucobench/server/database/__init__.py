"""The database: SQLite in the server's folder, or PostgreSQL; its migrations."""
