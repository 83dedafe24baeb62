package org.pinterestpipeline.landing;

import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lands the records of one partition: one object after the other, each record in exactly one. */
final class PartitionLanding {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionLanding.class);

    private final TopicPartition partition;
    private final ObjectKeys keys;
    private final RotationSchedule rotation;
    private final boolean ignoresNullValues;
    private final ObjectStore store;
    private final DeadLetters deadLetters;
    private final OpenObject open;
    /** Every record below this offset was taken; -1 before the first. */
    private long nextOffset = -1;
    /** The fence of the last object that was in the bucket already; null before the first. */
    private Fence stored;

    PartitionLanding(
            TopicPartition partition, LandingConfig config, ObjectStore store, DeadLetters deadLetters) {
        this.partition = partition;
        this.keys = config.keys();
        this.rotation = config.rotation();
        this.ignoresNullValues = config.ignoresNullValues();
        this.store = store;
        this.deadLetters = deadLetters;
        this.open = new OpenObject(config.flushSize(), config.partSizeBytes());
    }

    /**
     * Takes a record, unless it was taken before: Connect delivers a batch again after a
     * RetriableException, and a replay delivers what is in the bucket.
     *
     * @param now ms since 1970
     */
    void add(SinkRecord record, long now) {
        if (record.kafkaOffset() < nextOffset) {
            checkStored(record);
            return;
        }
        byte[] line = line(record);
        if (line != null) {
            while (!open.hasRoomFor(line)) {
                land();
            }
            if (record.kafkaOffset() < nextOffset) {
                checkStored(record);
                return; // an object that was in the bucket reaches further than ours
            }
            open.add(new Line(record, line), now);
        }
        nextOffset = record.kafkaOffset() + 1;
        if (open.isFull()) {
            land();
        }
    }

    /** Writes the open object if it is full (an earlier attempt failed) or its time has come. */
    void landIfDue(long now) {
        open.limitOpenedAt(now);
        if (!open.isEmpty() && (open.isFull() || nextRotation() <= now)) {
            land();
        }
    }

    /** Returns when the open object is to be written, in ms since 1970; far away if none is open. */
    long nextRotation() {
        return open.isEmpty() ? Long.MAX_VALUE : rotation.next(open.openedAt());
    }

    /**
     * Returns the offset to commit: a replay from there begins with the first line of an object, which
     * is what lets the fence find it. Empty before the first record.
     */
    Optional<Long> committableOffset() {
        if (nextOffset < 0) {
            return Optional.empty();
        }
        return Optional.of(open.isEmpty() ? nextOffset : open.first().offset);
    }

    /** Returns the record's line, or null for one that becomes none. */
    private byte[] line(SinkRecord record) {
        if (record.value() == null && ignoresNullValues) {
            return null;
        }
        try {
            return JsonLine.of(bytes(record.value()));
        } catch (DataException e) {
            deadLetters.report(record, e);
            return null;
        }
    }

    /** Checks that a record which is skipped is the one that the bucket holds. */
    private void checkStored(SinkRecord record) {
        if (stored == null || record.kafkaOffset() != stored.lastOffset) {
            return;
        }
        byte[] line;
        try {
            line = JsonLine.of(bytes(record.value()));
        } catch (DataException e) {
            line = new byte[0]; // the bucket holds a line, so it is another record
        }
        stored.requireSame(new Line(record, line));
    }

    private static byte[] bytes(Object value) {
        if (value == null) {
            throw new DataException("the value is null");
        }
        if (!(value instanceof byte[])) {
            throw new ConnectException("value.converter must be"
                    + " org.apache.kafka.connect.converters.ByteArrayConverter, which keeps values as"
                    + " they came; the connector got a " + value.getClass().getName());
        }
        return (byte[]) value;
    }

    private void land() {
        deadLetters.awaitAll(); // the fence vouches for them: a replay will not see them again
        String key = keys.of(partition, open.first().offset);
        Fence fence = new Fence(open.first(), open.last(), nextOffset);
        if (!store.putIfAbsent(key, open.body(), fence.metadata())) {
            fence = Fence.ofStored(key, store.metadata(key), open.first());
            stored = fence;
            LOG.info("{} was stored before, up to offset {}", key, fence.nextOffset);
        }
        open.drop(fence);
        nextOffset = Math.max(nextOffset, fence.nextOffset);
    }
}
