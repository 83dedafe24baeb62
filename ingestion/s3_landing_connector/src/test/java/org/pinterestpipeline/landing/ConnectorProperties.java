package org.pinterestpipeline.landing;

import java.util.HashMap;
import java.util.Map;

/** Connector properties for tests. */
final class ConnectorProperties {
    private ConnectorProperties() {}

    static Map<String, String> valid() {
        return Map.of("s3.bucket.name", "landing", "s3.region", "us-east-1", "flush.size", "3");
    }

    static Map<String, String> validWith(String name, String value) {
        Map<String, String> properties = new HashMap<>(valid());
        properties.put(name, value);
        return properties;
    }
}
