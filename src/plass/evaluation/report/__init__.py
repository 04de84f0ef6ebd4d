"""The report: one document, told in a language, written as HTML, PDF, JSON and table files."""
