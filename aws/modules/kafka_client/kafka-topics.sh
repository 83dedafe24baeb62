#!/bin/sh
# Kafka's topic command, with the sign-in of MSK on its class path.
folder=$(dirname "$(readlink -f "$0")")
exec java -Xmx256m -cp "$folder/../libs/*" org.apache.kafka.tools.TopicCommand "$@"
