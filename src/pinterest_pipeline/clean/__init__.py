"""Cleaning rules: `cleaners` has one cleaner per event, `columns` the rules for values."""
