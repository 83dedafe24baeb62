"""Reads posts from a SQL source and sends them to the API, to simulate the users of an app."""
