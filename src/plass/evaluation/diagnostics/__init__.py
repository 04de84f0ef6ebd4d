"""What a design can say and what could mislead it: pre-trends, sensitivity, power, selection, rivalry, heterogeneity.

May import `estimators` and what stands below them, not `inference`.
"""
