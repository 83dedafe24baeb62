package org.pinterestpipeline.landing;

import org.apache.kafka.common.TopicPartition;

/** Names landing objects as Confluent's DefaultPartitioner does. */
final class ObjectKeys {
    private final String topicsDir;
    private final int offsetWidth;

    ObjectKeys(String topicsDir, int offsetWidth) {
        this.topicsDir = topicsDir;
        this.offsetWidth = offsetWidth;
    }

    /** Returns {@code <topicsDir>/<topic>/partition=<p>/<topic>+<p>+<first offset, zero padded>.json}. */
    String of(TopicPartition partition, long firstOffset) {
        StringBuilder offset = new StringBuilder(Long.toString(firstOffset));
        while (offset.length() < offsetWidth) {
            offset.insert(0, '0');
        }
        String topic = partition.topic();
        int number = partition.partition();
        return String.format(
                "%s/%s/partition=%d/%s+%d+%s.json", topicsDir, topic, number, topic, number, offset);
    }
}
