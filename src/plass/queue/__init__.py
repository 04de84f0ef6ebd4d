"""Background jobs: put in a queue by a page, within its transaction, and done by a worker as the one who asked for them."""
