"""What must hold when things go wrong, tried for real: killed databases, killed programs, a full disk, a restore."""
