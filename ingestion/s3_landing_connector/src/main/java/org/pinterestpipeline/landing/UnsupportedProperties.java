package org.pinterestpipeline.landing;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigException;

/**
 * Refuses properties of Confluent's S3 sink that this connector does not know, and misspelt ones.
 *
 * <p>Connect ignores names that nobody defined; a connector that is asked for, say, encryption or
 * compression and silently gives none is worse than one that does not start.
 */
final class UnsupportedProperties {
    /** How the names begin that Confluent's sink defines; Connect's own names begin otherwise. */
    private static final List<String> CONFLUENT_PREFIXES = List.of(
            "allow.", "avro.", "aws.", "behavior.", "confluent.", "connect.meta.", "directory.",
            "enhanced.", "file.", "filename.", "flush.", "format.", "headers.", "json.", "keys.",
            "locale", "parquet.", "partition.", "partitioner.", "path.", "retry.", "rotate.", "s3.",
            "schema.", "schemas.", "shutdown.", "storage.", "store.", "subject.", "timestamp.",
            "timezone", "tombstone.", "topics.dir", "value.subject.");

    private UnsupportedProperties() {}

    /** Returns the names in `properties` that ask for something this connector does not do. */
    static List<String> in(Map<String, String> properties) {
        return properties.keySet().stream()
                .filter(name -> !LandingConfig.DEFINITION.names().contains(name))
                .filter(name -> CONFLUENT_PREFIXES.stream().anyMatch(name::startsWith))
                .sorted()
                .collect(Collectors.toList());
    }

    static String message(String name) {
        String reason = name.startsWith("aws.")
                ? "credentials come from the worker's AWS credential chain (environment, profile or"
                        + " role), never from a connector's configuration"
                : "this connector writes plain JSON lines, one object per flush";
        return name + " is not supported: " + reason + ". Supported are "
                + String.join(", ", LandingConfig.DEFINITION.names());
    }

    /**
     * Checks that there are none.
     *
     * @throws ConfigException for the first one
     */
    static void requireNone(Map<String, String> properties) {
        for (String name : in(properties)) {
            throw new ConfigException(message(name));
        }
    }
}
