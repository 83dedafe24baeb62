"""The local Kafka: configuration files, the landing connector, its progress and dead letters."""
