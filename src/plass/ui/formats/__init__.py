"""How dates and numbers are written and read here (settings.FORMAT_MODULE_PATH)."""
