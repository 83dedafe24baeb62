package org.pinterestpipeline.landing;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;

/**
 * Does with one task and one partition what Connect does: delivers in order, delivers a batch again
 * after a RetriableException, commits what the task says, and after a crash replays from there.
 */
final class ConnectWorker {
    static final TopicPartition PARTITION = new TopicPartition("demo.pin", 0);

    final List<SinkRecord> topic = new ArrayList<>();
    final List<Long> deadLetterOffsets = new ArrayList<>();
    final List<Throwable> deadLetterReasons = new ArrayList<>();
    final MemoryStore store;
    long now = 1_700_000_000_000L;
    long committed;
    long timeoutMs;
    Future<Void> deadLetterAnswer = CompletableFuture.completedFuture(null);
    private final Map<String, String> properties;
    private S3LandingTask task;
    private long position;

    ConnectWorker(MemoryStore store, Map<String, String> properties) {
        this.store = store;
        this.properties = new HashMap<>(ConnectorProperties.valid());
        this.properties.putAll(properties);
        startTask();
    }

    /** Appends values to the topic, each with the time of its offset. */
    void produce(String... values) {
        for (String value : values) {
            produceValue(value.getBytes(StandardCharsets.UTF_8));
        }
    }

    void produceValue(Object value) {
        long offset = topic.size();
        topic.add(new SinkRecord(PARTITION.topic(), PARTITION.partition(), null, null, null, value,
                offset, 1_600_000_000_000L + offset, TimestampType.CREATE_TIME));
    }

    /** Delivers up to `count` of the next records, once; false if they are to be delivered again. */
    boolean deliver(int count) {
        List<SinkRecord> batch = topic.subList(
                (int) position, (int) Math.min(position + count, topic.size()));
        try {
            task.put(new ArrayList<>(batch));
        } catch (RetriableException e) {
            return false;
        }
        position += batch.size();
        return true;
    }

    void deliverAll() {
        deliver(topic.size());
    }

    void commit() {
        Map<TopicPartition, OffsetAndMetadata> delivered = position == 0
                ? Map.of()
                : Map.of(PARTITION, new OffsetAndMetadata(position));
        OffsetAndMetadata landed = task.preCommit(delivered).get(PARTITION);
        committed = landed == null ? committed : landed.offset();
    }

    /** Ends the task without a word, as kill -9 does, and starts one that replays. */
    void crash() {
        startTask();
    }

    /** Takes the partition away and gives it back, as a rebalance does. */
    void rebalance() {
        commit();
        task.close(List.of(PARTITION));
        task.open(List.of(PARTITION));
        position = committed;
    }

    private void startTask() {
        task = new S3LandingTask(config -> store, () -> now);
        task.initialize(context());
        task.start(properties);
        task.open(List.of(PARTITION));
        position = committed;
    }

    private SinkTaskContext context() {
        ErrantRecordReporter reporter = (record, error) -> {
            deadLetterOffsets.add(record.kafkaOffset());
            deadLetterReasons.add(error);
            return deadLetterAnswer;
        };
        return (SinkTaskContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {SinkTaskContext.class},
                (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "errantRecordReporter":
                            return reporter;
                        case "timeout":
                            timeoutMs = (long) arguments[0];
                            return null;
                        default:
                            throw new UnsupportedOperationException(method.getName());
                    }
                });
    }
}
