"""Cleaning rules: one cleaner per event, made of column rules."""
