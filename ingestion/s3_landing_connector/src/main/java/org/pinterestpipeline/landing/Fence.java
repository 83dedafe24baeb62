package org.pinterestpipeline.landing;

import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * What an object's metadata say of the records it stands for, so that no other task lands them too.
 *
 * <p>A replay starts at the offset of some object's first line, but may end its own object at
 * another record than the first time did. The object that is there wins; its fence tells the replay
 * where to go on.
 */
final class Fence {
    private static final String NEXT_OFFSET = "next-offset";
    private static final String FIRST_RECORD = "first-record";
    private static final String LAST_OFFSET = "last-offset";
    private static final String LAST_RECORD = "last-record";

    /** Every record below this offset is in this object, an earlier one, or the dead letters. */
    final long nextOffset;

    /** Offset of the object's last line; -1 if an older version wrote the object. */
    final long lastOffset;

    private final String firstRecord;
    private final String lastRecord;

    Fence(Line first, Line last, long nextOffset) {
        this(nextOffset, first.identity(), last.offset, last.identity());
    }

    private Fence(long nextOffset, String firstRecord, long lastOffset, String lastRecord) {
        this.nextOffset = nextOffset;
        this.firstRecord = firstRecord;
        this.lastOffset = lastOffset;
        this.lastRecord = lastRecord;
    }

    Map<String, String> metadata() {
        return Map.of(
                NEXT_OFFSET, Long.toString(nextOffset), FIRST_RECORD, firstRecord,
                LAST_OFFSET, Long.toString(lastOffset), LAST_RECORD, lastRecord);
    }

    /**
     * Returns the fence of the object that is stored under a key which a task wanted to write.
     *
     * @param first the line that the task's own object begins with
     * @throws ConnectException if the stored object does not begin with the same record
     */
    static Fence ofStored(String key, Map<String, String> metadata, Line first) {
        String found = metadata.getOrDefault(FIRST_RECORD, "unknown");
        long nextOffset = offset(metadata.get(NEXT_OFFSET));
        if (!found.equals(first.identity()) || nextOffset <= first.offset) {
            throw new ConnectException(
                    key + " is in the bucket already, and does not begin with the record that belongs"
                            + " there: expected " + first.identity() + ", found " + found
                            + ". Was the topic created again, or does another program write to the bucket?"
                            + " Move the topic's old objects away, then restart the task.");
        }
        return new Fence(
                nextOffset, found, offset(metadata.get(LAST_OFFSET)), metadata.get(LAST_RECORD));
    }

    /**
     * Checks a line that is skipped because the object is in the bucket.
     *
     * @throws ConnectException if it has the offset of the object's last line, and is another record
     */
    void requireSame(Line line) {
        if (line.offset == lastOffset && !line.identity().equals(lastRecord)) {
            throw new ConnectException(
                    "The object that holds offset " + lastOffset + " ends with another record: expected "
                            + line.identity() + ", found " + lastRecord + ". The topic has lost records"
                            + " and given their offsets to new ones, as after an unclean leader election."
                            + " Move the partition's objects away from the first such offset on, then"
                            + " restart the task.");
        }
    }

    private static long offset(String text) {
        return text != null && text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    }
}
