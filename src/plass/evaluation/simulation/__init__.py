"""Made-up people and studies whose truth is known, and how often the methods are right in them.

May import `inference`, `diagnostics` and what stands below them, not `checks` or `report`.
"""
