"""The database: as whom, which rows, prepared queries, encryption, the embedded server and backups."""
