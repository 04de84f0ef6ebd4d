"""Extracts for studies: pseudonymised in the database, logged with their purpose, ready for ``plass evaluate``."""
