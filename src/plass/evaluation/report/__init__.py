"""The report: one document, in one language, written as HTML, PDF, JSON and table files."""
