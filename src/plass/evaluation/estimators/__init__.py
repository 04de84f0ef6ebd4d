"""Figures from cells and from offices' means: regressions, effects, event studies, office contrasts, survival, and cost.

May import `data` and what stands below it.
"""
