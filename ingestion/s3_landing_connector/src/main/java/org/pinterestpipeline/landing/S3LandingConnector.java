package org.pinterestpipeline.landing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/** Kafka Connect sink that lands the values of topics in S3, one JSON line each. */
public final class S3LandingConnector extends SinkConnector {
    private Map<String, String> properties;

    /** Makes a connector; Connect calls this. */
    public S3LandingConnector() {}

    /** Returns the version of the plugin's jar; "unpackaged" outside of one. */
    static String packageVersion() {
        String version = S3LandingConnector.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    @Override
    public String version() {
        return packageVersion();
    }

    @Override
    public ConfigDef config() {
        return LandingConfig.DEFINITION;
    }

    /** Adds to Connect's own check the names that this connector refuses, so that its API names them. */
    @Override
    public Config validate(Map<String, String> connectorConfigs) {
        List<ConfigValue> values = new ArrayList<>(super.validate(connectorConfigs).configValues());
        for (String name : UnsupportedProperties.in(connectorConfigs)) {
            values.add(new ConfigValue(name, connectorConfigs.get(name), List.of(),
                    new ArrayList<>(List.of(UnsupportedProperties.message(name)))));
        }
        return new Config(values);
    }

    @Override
    public void start(Map<String, String> props) {
        new LandingConfig(props); // refuses what it does not honour
        properties = props;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return S3LandingTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.nCopies(maxTasks, properties);
    }

    @Override
    public void stop() {
        // A connector without threads of its own: Connect stops its tasks.
    }
}
