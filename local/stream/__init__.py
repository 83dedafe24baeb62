"""The streaming half, kept running with a live view."""
