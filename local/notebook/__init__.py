"""Runs notebooks as a Databricks workspace would, on this machine."""
