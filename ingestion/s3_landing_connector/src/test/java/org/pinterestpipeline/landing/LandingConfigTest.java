package org.pinterestpipeline.landing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LandingConfigTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "format.class                   | io.confluent.connect.s3.format.avro.AvroFormat                | JsonFormat",
        "format.bytearray.extension     | .bin                                                          | .json",
        "storage.class                  | com.example.Other                                             | io.confluent.connect.s3.storage.S3Storage",
        "partitioner.class              | io.confluent.connect.storage.partitioner.TimeBasedPartitioner | DefaultPartitioner",
        "schema.compatibility           | BACKWARD                                                      | NONE",
        "s3.compression.type            | gzip                                                          | none",
        "rotate.interval.ms             | 60000                                                         | -1",
        "store.kafka.keys               | true                                                          | false",
        "behavior.on.null.values        | write                                                         | fail, ignore",
        "flush.size                     | 0                                                             | at least 1",
        "s3.part.size                   | 1000                                                          | at least 5242880",
        "filename.offset.zero.pad.width | 30                                                            | no more than 19",
        "timezone                       | Mars/Olympus                                                  | a time zone such as UTC",
        "store.url                      | localhost:4566                                                | http(s)://host[:port]",
    })
    void saysWhatIsSupportedWhenItRefusesAValue(String name, String value, String supported) {
        assertRefused(ConnectorProperties.validWith(name, value), name, supported);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "s3.ssea.name", "s3.sse.kms.key.id", "s3.acl.canned", "s3.proxy.url", "s3.object.tagging",
        "path.format", "partition.duration.ms", "timestamp.extractor", "avro.codec",
        "parquet.codec", "keys.format.class", "confluent.topic.bootstrap.servers", "s3.buckt.name",
    })
    void refusesNamesThatItDoesNotKnow(String name) {
        assertRefused(ConnectorProperties.validWith(name, "anything"), name, "Supported are");
    }

    @Test
    void refusesCredentials() {
        assertRefused(ConnectorProperties.validWith("aws.secret.access.key", "made-up"),
                "aws.secret.access.key", "credential chain");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3.bucket.name", "s3.region", "flush.size"})
    void mustHave(String name) {
        Map<String, String> properties = new HashMap<>(ConnectorProperties.valid());
        properties.remove(name);
        assertRefused(properties, name, "no default value");
    }

    @Test
    void leavesTheNamesOfConnectItselfAlone() {
        Map<String, String> properties = new HashMap<>(ConnectorProperties.valid());
        properties.putAll(Map.of(
                "name", "landing", "topics", "demo.pin", "tasks.max", "1", "errors.tolerance", "all",
                "value.converter", "x", "consumer.override.session.timeout.ms", "6000"));
        assertEquals("landing", new LandingConfig(properties).bucket());
    }

    @Test
    void hasConfluentsDefaults() {
        LandingConfig config = new LandingConfig(ConnectorProperties.valid());
        assertEquals(26_214_400, config.partSizeBytes());
        assertEquals(true, config.pathStyleAccess());
        assertEquals(false, config.ignoresNullValues());
        assertEquals("", config.storeUrl());
        assertEquals(Long.MAX_VALUE, config.rotation().next(0));
    }

    @Test
    void connectsApiNamesWhatIsRefused() {
        List<String> refused = new S3LandingConnector()
                .validate(ConnectorProperties.validWith("s3.acl.canned", "private")).configValues().stream()
                        .filter(value -> !value.errorMessages().isEmpty())
                        .map(value -> value.name() + ": " + value.errorMessages().get(0))
                        .collect(Collectors.toList());
        assertEquals(1, refused.size());
        assertTrue(refused.get(0).startsWith("s3.acl.canned: s3.acl.canned is not supported"));
    }

    @Test
    void theConnectorDoesNotStartWithWhatIsRefused() {
        S3LandingConnector connector = new S3LandingConnector();
        assertThrows(ConfigException.class,
                () -> connector.start(ConnectorProperties.validWith("s3.acl.canned", "private")));
    }

    @Test
    void everyTaskGetsTheProperties() {
        S3LandingConnector connector = new S3LandingConnector();
        connector.start(ConnectorProperties.valid());
        assertEquals(List.of(ConnectorProperties.valid(), ConnectorProperties.valid()), connector.taskConfigs(2));
    }

    private static void assertRefused(Map<String, String> properties, String name, String supported) {
        ConfigException error =
                assertThrows(ConfigException.class, () -> new LandingConfig(properties));
        assertTrue(error.getMessage().contains(name), error.getMessage());
        assertTrue(error.getMessage().contains(supported), error.getMessage());
    }
}
