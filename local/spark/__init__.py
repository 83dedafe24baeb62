"""The local cluster: a Spark Connect server with Delta, a catalog and the paths of Databricks."""
