"""Our methods beside the packages that are too heavy for the suite: `make oracles`."""
