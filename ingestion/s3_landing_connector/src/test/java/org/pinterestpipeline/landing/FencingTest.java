package org.pinterestpipeline.landing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replays after a crash: each record is in exactly one object, whatever the boundaries. */
class FencingTest {
    private static final String FOLDER = "topics/demo.pin/partition=0/demo.pin+0+";

    private final MemoryStore store = new MemoryStore();

    private ConnectWorker worker() {
        return new ConnectWorker(
                store, Map.of("flush.size", "5", "rotate.schedule.interval.ms", "1000"));
    }

    private static void rotate(ConnectWorker worker) {
        worker.now += 1000;
        worker.deliver(0);
    }

    @Test
    void aReplayThatWouldEndItsObjectLaterKeepsTheRestForTheNext() {
        ConnectWorker worker = worker();
        worker.produce("0", "1", "2", "3", "4", "5");
        worker.deliver(3);
        rotate(worker);
        worker.crash();
        worker.deliver(6);
        rotate(worker);
        assertEquals(
                Map.of(FOLDER + "0000000000.json", "0\n1\n2\n", FOLDER + "0000000003.json", "3\n4\n5\n"),
                store.bodies);
    }

    @Test
    void aReplayThatWouldEndItsObjectEarlierSkipsWhatIsStored() {
        ConnectWorker worker = worker();
        worker.produce("0", "1", "2", "3", "4", "5");
        worker.deliver(4);
        rotate(worker);
        worker.crash();
        worker.deliver(2);
        rotate(worker);
        worker.deliver(4);
        rotate(worker);
        assertEquals(
                Map.of(FOLDER + "0000000000.json", "0\n1\n2\n3\n", FOLDER + "0000000004.json", "4\n5\n"),
                store.bodies);
    }

    @Test
    void aReplayCommitsNothingWhileItIsWithinAnObject() {
        ConnectWorker worker = worker();
        worker.produce("0", "1", "2", "3");
        worker.deliver(4);
        rotate(worker);
        worker.crash();
        worker.deliver(2);
        rotate(worker);
        worker.commit();
        assertEquals(0, worker.committed);
        worker.deliver(2);
        worker.commit();
        assertEquals(4, worker.committed);
    }

    @Test
    void aReplayFromAfterAnObjectDoesNotTouchIt() {
        ConnectWorker worker = worker();
        worker.produce("0", "1", "2");
        worker.deliver(2);
        rotate(worker);
        worker.commit();
        worker.crash();
        worker.deliver(1);
        rotate(worker);
        assertEquals(
                Map.of(FOLDER + "0000000000.json", "0\n1\n", FOLDER + "0000000002.json", "2\n"),
                store.bodies);
    }

    @Test
    void deadLettersAfterTheLastLineBelongToTheObject() {
        ConnectWorker worker = worker();
        worker.produce("0", "bad", "2");
        worker.deliver(2);
        rotate(worker);
        assertEquals("2", store.metadata.get(FOLDER + "0000000000.json").get("next-offset"));
    }

    @Test
    void twoWritersOfOnePartitionShareTheRecordsOut() {
        ConnectWorker zombie = worker();
        zombie.produce("0", "1", "2", "3", "4");
        zombie.deliver(4);
        ConnectWorker successor = worker();
        successor.topic.addAll(zombie.topic);
        successor.deliver(2);
        rotate(successor);
        rotate(zombie);
        rotate(zombie); // the records that its successor has not landed
        successor.deliver(3);
        rotate(successor);
        rotate(successor); // the record that the zombie has not landed
        assertEquals(
                Map.of(FOLDER + "0000000000.json", "0\n1\n", FOLDER + "0000000002.json", "2\n3\n",
                        FOLDER + "0000000004.json", "4\n"),
                store.bodies);
    }

    @Test
    void anObjectThatBeginsWithAnotherRecordFailsTheTask() {
        ConnectWorker worker = worker();
        worker.produce("0", "1");
        worker.deliver(2);
        rotate(worker);
        ConnectWorker ofNewTopic = worker();
        ofNewTopic.produce("\"other\"");
        ofNewTopic.deliverAll();
        ConnectException error = assertThrows(ConnectException.class, () -> rotate(ofNewTopic));
        assertTrue(error.getMessage().contains("does not begin with the record that belongs there"));
        assertEquals(Map.of(FOLDER + "0000000000.json", "0\n1\n"), store.bodies);
    }

    /** After an unclean leader election, the topic has its first records and others after them. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void offsetsThatOtherRecordsUseAgainFailTheTask(int landedAtFirst) {
        ConnectWorker worker = worker();
        worker.produce("0", "1", "2", "3");
        worker.deliver(4);
        rotate(worker);
        ConnectWorker afterElection = worker();
        afterElection.topic.addAll(worker.topic.subList(0, 2));
        afterElection.produce("\"other\"", "\"another\"");
        ConnectException error = assertThrows(ConnectException.class, () -> {
            afterElection.deliver(landedAtFirst);
            rotate(afterElection);
            afterElection.deliverAll();
        });
        assertTrue(error.getMessage().contains("given their offsets to new ones"));
        assertEquals(Map.of(FOLDER + "0000000000.json", "0\n1\n2\n3\n"), store.bodies);
    }

    @Test
    void theSameValueOfAnotherTimeIsAnotherRecord() {
        ConnectWorker worker = worker();
        worker.produce("0");
        worker.deliverAll();
        rotate(worker);
        ConnectWorker ofNewTopic = worker();
        ofNewTopic.produce("0");
        ofNewTopic.topic.replaceAll(record -> new org.apache.kafka.connect.sink.SinkRecord(
                record.topic(), record.kafkaPartition(), null, null, null, record.value(),
                record.kafkaOffset(), record.timestamp() + 1, record.timestampType()));
        ofNewTopic.deliverAll();
        assertThrows(ConnectException.class, () -> rotate(ofNewTopic));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "x"})
    void anObjectWithoutAUsableFenceFailsTheTask(String nextOffset) {
        ConnectWorker worker = worker();
        worker.produce("0");
        worker.deliverAll();
        rotate(worker);
        Map<String, String> metadata =
                new HashMap<>(store.metadata.get(FOLDER + "0000000000.json"));
        metadata.put("next-offset", nextOffset);
        store.metadata.put(FOLDER + "0000000000.json", metadata);
        worker.crash();
        worker.deliverAll();
        assertThrows(ConnectException.class, () -> rotate(worker));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void whateverHappensEveryRecordEndsInOnePlace(long seed) {
        Random random = new Random(seed);
        ConnectWorker worker = worker();
        List<String> lines = new ArrayList<>();
        TreeSet<Long> bad = new TreeSet<>();
        for (int i = 0; i < 200; i++) {
            if (random.nextInt(10) == 0) {
                bad.add((long) i);
                worker.produce("bad " + i);
            } else {
                lines.add(Integer.toString(i));
                worker.produce(Integer.toString(i));
            }
        }
        for (int step = 0; step < 400; step++) {
            disturb(worker, random);
            worker.deliver(random.nextInt(7));
        }
        store.failNext(0, MemoryStore.Failure.REFUSED);
        worker.deliverAll();
        rotate(worker);
        worker.commit();
        assertEquals(lines, store.lines(), () -> "with seed " + seed);
        assertEquals(bad, new TreeSet<>(worker.deadLetterOffsets));
        assertEquals(200, worker.committed);
    }

    private void disturb(ConnectWorker worker, Random random) {
        switch (random.nextInt(12)) {
            case 0:
                worker.crash();
                break;
            case 1:
                worker.rebalance();
                break;
            case 2:
                worker.now += 1000;
                break;
            case 3:
                store.failNext(random.nextInt(3), MemoryStore.Failure.ANSWER_LOST);
                break;
            case 4:
                store.failNext(random.nextInt(3), MemoryStore.Failure.REFUSED);
                break;
            case 5:
            case 6:
                worker.commit();
                break;
            case 7:
                worker.now -= 3_600_000;
                break;
            default:
        }
    }
}
