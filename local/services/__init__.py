"""The services of the local stack: one module each, and `stack` with their list and order."""
