"""The services of the local environment: one module each, their list, their order."""
