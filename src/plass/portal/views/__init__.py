"""The participant's own pages, and those of an employer's contact person."""
