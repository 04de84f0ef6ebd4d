"""The twelve checks of an honest report, each a function from a `View` of the study to a `Check`.

May import `inference`, `diagnostics` and what stands below them, not `report` or `simulation`.
"""
