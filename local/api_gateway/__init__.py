"""Serves the OpenAPI document of an AWS REST API as API Gateway does, or refuses to start."""
