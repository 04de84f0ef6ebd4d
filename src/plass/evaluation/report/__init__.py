"""The report: one document, in one language, written as HTML, PDF, JSON and table files from a `ReportContent`.

May import `verdict`, `tables` and what stands below them, not `checks` or `results`.
"""
