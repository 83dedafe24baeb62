"""The environment "one machine": the same pipeline as in the cloud, of real components."""
