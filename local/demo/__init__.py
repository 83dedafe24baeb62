"""Runs the whole pipeline in one command and accounts for every record."""
