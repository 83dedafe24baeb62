package org.pinterestpipeline.landing;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** Receives the records of its partitions from Connect, and tells Connect what has landed. */
public final class S3LandingTask extends SinkTask {
    private final Function<LandingConfig, ObjectStore> storeFactory;
    private final LongSupplier clock;
    private final Map<TopicPartition, PartitionLanding> partitions = new HashMap<>();
    private LandingConfig config;
    private ObjectStore store;
    private DeadLetters deadLetters;
    private Backoff backoff;

    /** Makes a task; Connect calls this. */
    public S3LandingTask() {
        this(S3ObjectStore::new, System::currentTimeMillis);
    }

    /** Makes a task for tests: another store, another clock (ms since 1970). */
    S3LandingTask(Function<LandingConfig, ObjectStore> storeFactory, LongSupplier clock) {
        this.storeFactory = storeFactory;
        this.clock = clock;
    }

    @Override
    public String version() {
        return S3LandingConnector.packageVersion();
    }

    @Override
    public void start(Map<String, String> props) {
        config = new LandingConfig(props);
        store = storeFactory.apply(config);
        deadLetters = new DeadLetters(context.errantRecordReporter());
        backoff = config.redeliveryBackoff();
    }

    @Override
    public void open(Collection<TopicPartition> assigned) {
        for (TopicPartition partition : assigned) {
            partitions.put(partition, new PartitionLanding(partition, config, store, deadLetters));
        }
    }

    /** Forgets open objects: their offsets are not committed, so whoever gets the partition lands them. */
    @Override
    public void close(Collection<TopicPartition> revoked) {
        partitions.keySet().removeAll(revoked);
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        try {
            take(records, clock.getAsLong());
            backoff.reset();
        } catch (RetriableException e) {
            context.timeout(backoff.nextMs());
            throw e;
        }
    }

    /**
     * Says from where a replay is to start, for each partition where Connect has come that far.
     *
     * <p>After a crash an object may reach further than what was delivered again. Then there is nothing
     * to commit yet: within that object a replay would begin another one.
     */
    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(
            Map<TopicPartition, OffsetAndMetadata> delivered) {
        Map<TopicPartition, OffsetAndMetadata> committable = new HashMap<>();
        delivered.forEach((partition, until) -> Optional.ofNullable(partitions.get(partition))
                .flatMap(PartitionLanding::committableOffset)
                .filter(offset -> offset <= until.offset())
                .ifPresent(offset -> committable.put(partition, new OffsetAndMetadata(offset))));
        return committable;
    }

    @Override
    public void stop() {
        if (store != null) {
            store.close();
        }
    }

    private void take(Collection<SinkRecord> records, long now) {
        partitions.values().forEach(partition -> partition.landIfDue(now));
        for (SinkRecord record : records) {
            partitionOf(record).add(record, now);
        }
        partitions.values().stream()
                .mapToLong(PartitionLanding::nextRotation)
                .min()
                .ifPresent(next -> context.timeout(Math.max(1, next - now)));
    }

    private PartitionLanding partitionOf(SinkRecord record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.kafkaPartition());
        PartitionLanding landing = partitions.get(partition);
        if (landing == null) {
            throw new ConnectException("got a record of " + partition + ", which is not assigned to this"
                    + " task: transforms that change a record's topic or partition are not supported");
        }
        return landing;
    }
}
