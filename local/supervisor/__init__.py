"""Starts, checks and stops services in dependency order. It knows no particular service."""
