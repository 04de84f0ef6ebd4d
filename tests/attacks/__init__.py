"""Attacks: each file tries one thing that must not be possible, through the pages as anybody could."""
