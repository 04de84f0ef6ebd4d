"""What is measured: pages at size, and the evaluation engine against others."""
