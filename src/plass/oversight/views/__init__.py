"""The pages that review who has looked, and tell what was changed."""
