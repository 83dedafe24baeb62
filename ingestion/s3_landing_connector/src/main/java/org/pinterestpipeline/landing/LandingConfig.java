package org.pinterestpipeline.landing;

import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;

import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.LambdaValidator;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

/** The connector's properties: names, defaults and meaning are those of Confluent's S3 sink. */
final class LandingConfig extends AbstractConfig {
    private static final int MEGABYTE = 1 << 20;

    /** What can be set. */
    static final ConfigDef DEFINITION = new ConfigDef();

    static {
        required("s3.bucket.name", Type.STRING, new NonEmptyString(), "Landing bucket.");
        required("s3.region", Type.STRING, new NonEmptyString(), "Region of the bucket.");
        required("flush.size", Type.INT, Range.atLeast(1), "Most lines per object.");
        optional("topics.dir", Type.STRING, "topics", new NonEmptyString(), "First part of the keys.");
        optional("rotate.schedule.interval.ms", Type.LONG, -1L, Range.atLeast(-1),
                "Objects are written at multiples of this since midnight; -1: only when full.");
        optional("timezone", Type.STRING, "UTC", LambdaValidator.with(
                LandingConfig::requireZone, () -> "a time zone"), "Time zone of that midnight.");
        optional("s3.part.size", Type.INT, 25 * MEGABYTE, Range.between(5 * MEGABYTE, 1024 * MEGABYTE),
                "Most bytes per object, unless one line is longer. Each partition may hold as many in"
                        + " memory.");
        optional("filename.offset.zero.pad.width", Type.INT, 10, Range.between(0, 19),
                "Digits of the offset in a key.");
        optional("behavior.on.null.values", Type.STRING, "fail", ValidString.in("fail", "ignore"),
                "What becomes of a record without a value: fail makes it a dead letter.");
        optional("store.url", Type.STRING, "", LambdaValidator.with(
                LandingConfig::requireUrl, () -> "empty, or http(s)://host[:port]"),
                "Endpoint of another server that speaks S3; empty: AWS.");
        optional("s3.path.style.access.enabled", Type.BOOLEAN, true, null,
                "Whether the bucket is in the path or in the host name.");
        optional("s3.part.retries", Type.INT, 3, Range.between(0, 20),
                "Requests that the S3 client repeats before Connect delivers the records again.");
        optional("s3.retry.backoff.ms", Type.LONG, 200L, Range.atLeast(1),
                "Wait before the first of them; each next one waits up to twice as long.");
        optional("retry.backoff.ms", Type.LONG, 5000L, Range.atLeast(1),
                "Wait before Connect delivers the records again; doubles up to 10 s.");
        optional("locale", Type.STRING, "", null, "No effect: only time based partitioners use it.");
        only("format.class",
                "io.confluent.connect.s3.format.bytearray.ByteArrayFormat",
                "io.confluent.connect.s3.format.json.JsonFormat");
        only("format.bytearray.extension", ".json");
        only("storage.class", "io.confluent.connect.s3.storage.S3Storage");
        only("partitioner.class", "io.confluent.connect.storage.partitioner.DefaultPartitioner");
        only("schema.compatibility", "NONE");
        only("s3.compression.type", "none");
        only("rotate.interval.ms", "-1");
        only("directory.delim", "/");
        only("file.delim", "+");
        only("store.kafka.keys", "false");
        only("store.kafka.headers", "false");
    }

    /**
     * Reads a connector's properties.
     *
     * @throws ConfigException if one is missing, wrong, or one that this connector does not honour
     */
    LandingConfig(Map<String, String> properties) {
        super(DEFINITION, properties, false);
        UnsupportedProperties.requireNone(properties);
    }

    String bucket() {
        return getString("s3.bucket.name");
    }

    String region() {
        return getString("s3.region");
    }

    /** Returns the endpoint; empty means AWS. */
    String storeUrl() {
        return getString("store.url");
    }

    boolean pathStyleAccess() {
        return getBoolean("s3.path.style.access.enabled");
    }

    int flushSize() {
        return getInt("flush.size");
    }

    int partSizeBytes() {
        return getInt("s3.part.size");
    }

    boolean ignoresNullValues() {
        return getString("behavior.on.null.values").equals("ignore");
    }

    ObjectKeys keys() {
        return new ObjectKeys(getString("topics.dir"), getInt("filename.offset.zero.pad.width"));
    }

    RotationSchedule rotation() {
        return new RotationSchedule(
                getLong("rotate.schedule.interval.ms"), ZoneId.of(getString("timezone")));
    }

    int s3Retries() {
        return getInt("s3.part.retries");
    }

    Duration s3RetryBackoff() {
        return Duration.ofMillis(getLong("s3.retry.backoff.ms"));
    }

    Backoff redeliveryBackoff() {
        return new Backoff(getLong("retry.backoff.ms"));
    }

    private static void required(String name, Type type, Validator validator, String doc) {
        DEFINITION.define(name, type, NO_DEFAULT_VALUE, validator, Importance.HIGH, doc);
    }

    private static void optional(
            String name, Type type, Object defaultValue, Validator validator, String doc) {
        DEFINITION.define(name, type, defaultValue, validator, Importance.MEDIUM, doc);
    }

    /** A property that has other values in Confluent's connector; the first is the default here. */
    private static void only(String name, String... values) {
        DEFINITION.define(name, Type.STRING, values[0], ValidString.in(values), Importance.LOW,
                "Other values are not supported.");
    }

    private static void requireZone(String name, Object value) {
        try {
            ZoneId.of((String) value);
        } catch (DateTimeException e) {
            throw new ConfigException(name, value, "must be a time zone such as UTC or Europe/London");
        }
    }

    private static void requireUrl(String name, Object value) {
        String url = (String) value;
        if (!url.isEmpty() && !url.matches("https?://[^/\\s]+/?")) {
            throw new ConfigException(name, value, "must be http(s)://host[:port], or empty for AWS");
        }
        if (!url.isEmpty()) {
            URI.create(url);
        }
    }
}
