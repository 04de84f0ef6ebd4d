"""Django's PostgreSQL backend, with transactions that begin on a connection as good as new."""
