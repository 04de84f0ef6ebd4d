"""Tests for studies with few offices: bootstraps, randomisation, the simulated t, and `panel` with all of them side by side.

May import `estimators` and what stands below them, not `diagnostics`.
"""
