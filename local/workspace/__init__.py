"""A local Databricks workspace: the part of the REST API that the CLI, the SDK and Airflow use."""
