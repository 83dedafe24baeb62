"""Reads posts from a SQL source and sends them to the API, as an app's users would."""
