"""The database: engine and pool, sessions, migrations. Knows no feature."""
