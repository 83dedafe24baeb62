package org.pinterestpipeline.landing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectKeysTest {
    @ParameterizedTest
    @CsvSource({
        "topics,    10, demo.pin,  0,  0,            topics/demo.pin/partition=0/demo.pin+0+0000000000.json",
        "topics,    10, a-b_c.geo, 12, 4711,         topics/a-b_c.geo/partition=12/a-b_c.geo+12+0000004711.json",
        "land/here, 0,  demo.user, 1,  5,            land/here/demo.user/partition=1/demo.user+1+5.json",
        "topics,    10, demo.pin,  0,  123456789012, topics/demo.pin/partition=0/demo.pin+0+123456789012.json",
    })
    void namesObjectsAsTheDefaultPartitionerDoes(
            String folder, int width, String topic, int partition, long offset, String expected) {
        assertEquals(expected, new ObjectKeys(folder, width)
                .of(new TopicPartition(topic, partition), offset));
    }
}
