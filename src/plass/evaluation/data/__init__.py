"""From files to cells: opening and converting files, reading rows on DuckDB or Spark, and the sums all else rests on.

May import `study`, `text` and `errors`, and nothing that estimates.
"""
