"""A Kafka REST proxy: the JSON produce part of Confluent's v2 contract."""
