"""The streaming pipeline, kept running with a live view."""
