"""Starts, checks and stops the services of the local environment in dependency order."""
