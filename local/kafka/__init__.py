"""The local Kafka: a broker, a Connect worker with the landing connector, and their progress."""
