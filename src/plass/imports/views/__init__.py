"""The pages of the import: a list from its file to what was written, and what it says otherwise than what is recorded."""
