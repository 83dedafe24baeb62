"""The names of a Databricks notebook in an IPython kernel: `spark`, `dbutils`, `display`.

The IPython extension is `local.notebook.runtime.extension`. docs/notebooks.md lists what is
supported. Everything else raises an error that names what is supported.
"""
