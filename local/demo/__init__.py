"""The whole pipeline in one command, with an account of every record."""
