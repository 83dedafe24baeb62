"""The local cluster: one Spark Connect server with Delta, a persistent catalog and the paths of Databricks."""
