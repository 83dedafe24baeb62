"""Runs notebooks on this machine as a Databricks workspace runs them."""
