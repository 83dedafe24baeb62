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

    /** Every record below this offset is in this object, an earlier one, or the dead letters. */
    final long nextOffset;

    private final String firstRecord;

    Fence(Line first, long nextOffset) {
        this(nextOffset, first.identity());
    }

    private Fence(long nextOffset, String firstRecord) {
        this.nextOffset = nextOffset;
        this.firstRecord = firstRecord;
    }

    Map<String, String> metadata() {
        return Map.of(NEXT_OFFSET, Long.toString(nextOffset), FIRST_RECORD, firstRecord);
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
                            + ". Was the topic created anew, or the bucket written by something else?"
                            + " Move the topic's old objects away, then restart the task.");
        }
        return new Fence(nextOffset, found);
    }

    private static long offset(String text) {
        return text != null && text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    }
}
