package org.pinterestpipeline.landing;

import java.util.zip.CRC32;
import org.apache.kafka.connect.sink.SinkRecord;

/** A line that is not in the bucket yet, and the record that it came from. */
final class Line {
    final long offset;
    final byte[] bytes;
    private final Long timestamp;

    Line(SinkRecord record, byte[] bytes) {
        this.offset = record.kafkaOffset();
        this.timestamp = record.timestamp();
        this.bytes = bytes;
    }

    /**
     * Returns a text that tells this record from another one that has its offset in a re-created
     * topic: the time (ms since 1970, "null" if the topic has none) and a checksum of the line.
     */
    String identity() {
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        return timestamp + "-" + Long.toHexString(checksum.getValue());
    }
}
