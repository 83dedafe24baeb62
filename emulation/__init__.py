"""Reads posts from a SQL source and sends them to the API, as the users of an app would."""
