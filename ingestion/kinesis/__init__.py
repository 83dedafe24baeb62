"""The Kinesis streams that the API writes to, one per event."""
