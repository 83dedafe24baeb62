package org.pinterestpipeline.landing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;

class S3LandingTaskTest {
    private static final String FOLDER = "topics/demo.pin/partition=0/demo.pin+0+";

    private final MemoryStore store = new MemoryStore();

    private ConnectWorker worker(String... namesAndValues) {
        Map<String, String> properties = new java.util.HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            properties.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new ConnectWorker(store, properties);
    }

    @Test
    void writesAFullObjectUnderTheOffsetOfItsFirstLine() {
        ConnectWorker worker = worker("flush.size", "2");
        worker.produce("{\"a\":0}", "{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":4}");
        worker.deliverAll();
        assertEquals(
                Map.of(FOLDER + "0000000000.json", "{\"a\":0}\n{\"a\":1}\n",
                        FOLDER + "0000000002.json", "{\"a\":2}\n{\"a\":3}\n"),
                store.bodies);
    }

    @Test
    void writesAnOpenObjectWhenItsTimeHasCome() {
        ConnectWorker worker = worker("rotate.schedule.interval.ms", "1000");
        worker.produce("0");
        worker.deliverAll();
        worker.now += 999;
        worker.deliverAll();
        assertEquals(List.of(), store.lines());
        worker.now += 1;
        worker.deliverAll();
        assertEquals(List.of("0"), store.lines());
    }

    @Test
    void asksToBeCalledWhenTheNextObjectIsDue() {
        ConnectWorker worker = worker("rotate.schedule.interval.ms", "1000");
        worker.now += 300;
        worker.produce("0");
        worker.deliverAll();
        assertEquals(700, worker.timeoutMs);
    }

    @Test
    void writesAnObjectBeforeItOutgrowsItsSize() {
        String third = "\"" + "x".repeat(2_000_000) + "\"";
        ConnectWorker worker = worker("s3.part.size", "5242880", "flush.size", "100");
        worker.produce(third, third, third);
        worker.deliverAll();
        assertEquals(List.of(third, third), store.lines());
    }

    @Test
    void aLineLongerThanAnObjectMayBeGetsItsOwn() {
        String long_ = "\"" + "x".repeat(6_000_000) + "\"";
        ConnectWorker worker = worker("s3.part.size", "5242880", "flush.size", "100");
        worker.produce("1", long_, "2");
        worker.deliverAll();
        assertEquals(
                Set.of(FOLDER + "0000000000.json", FOLDER + "0000000001.json"), store.bodies.keySet());
    }

    @Test
    void commitsTheOffsetOfTheFirstLineThatIsNotStored() {
        ConnectWorker worker = worker("flush.size", "2");
        worker.produce("0", "1", "2");
        worker.deliver(1);
        worker.commit();
        assertEquals(0, worker.committed);
        worker.deliverAll();
        worker.commit();
        assertEquals(2, worker.committed);
    }

    @Test
    void commitsNothingBeforeTheFirstRecord() {
        ConnectWorker worker = worker();
        worker.committed = 7;
        worker.deliverAll();
        worker.commit();
        assertEquals(7, worker.committed);
    }

    @Test
    void deadLettersAloneAreCommittedWithoutAnObject() {
        ConnectWorker worker = worker();
        worker.produce("not JSON", "", "{} {}");
        worker.deliverAll();
        worker.commit();
        assertEquals(List.of(0L, 1L, 2L), worker.deadLetterOffsets);
        assertEquals(3, worker.committed);
        assertEquals(Map.of(), store.bodies);
    }

    @Test
    void deadLettersBetweenLinesLeaveNoTraceInTheObject() {
        ConnectWorker worker = worker("flush.size", "2");
        worker.produce("bad", "1", "bad", "3");
        worker.deliverAll();
        assertEquals(Map.of(FOLDER + "0000000001.json", "1\n3\n"), store.bodies);
    }

    @Test
    void aNullValueIsADeadLetter() {
        ConnectWorker worker = worker();
        worker.produceValue(null);
        worker.deliverAll();
        assertEquals(List.of(0L), worker.deadLetterOffsets);
    }

    @Test
    void aNullValueCanBeIgnored() {
        ConnectWorker worker = worker("behavior.on.null.values", "ignore");
        worker.produceValue(null);
        worker.deliverAll();
        worker.commit();
        assertEquals(List.of(), worker.deadLetterOffsets);
        assertEquals(1, worker.committed);
    }

    @Test
    void aDeadLetterCarriesItsReasonAndNoStackTrace() {
        ConnectWorker worker = worker();
        worker.produce("{\"index\": 1", "x".repeat(100_000));
        worker.deliverAll();
        for (Throwable reason : worker.deadLetterReasons) {
            StringWriter trace = new StringWriter(); // what Connect puts into a header
            reason.printStackTrace(new PrintWriter(trace, true));
            assertEquals(reason + System.lineSeparator(), trace.toString());
            assertTrue(trace.toString().length() < 500, trace.toString());
        }
        assertTrue(worker.deadLetterReasons.get(0).getMessage().endsWith("at offset 0 of demo.pin-0"));
    }

    @Test
    void aClockThatIsSetBackDelaysAnObjectByOneIntervalAtMost() {
        ConnectWorker worker = worker("rotate.schedule.interval.ms", "60000");
        worker.produce("1");
        worker.deliverAll();
        worker.now -= 3_600_000;
        worker.deliverAll();
        assertEquals(Map.of(), store.bodies);
        worker.now += 60_000;
        worker.deliverAll();
        assertEquals(List.of("1"), store.lines());
    }

    @Test
    void anObjectWaitsForItsDeadLetters() {
        ConnectWorker worker = worker("flush.size", "1");
        worker.deadLetterAnswer = CompletableFuture.failedFuture(new DataException("no such topic"));
        worker.produce("bad", "1");
        assertThrows(ConnectException.class, worker::deliverAll);
        assertEquals(Map.of(), store.bodies);
    }

    @Test
    void refusesOtherConverters() {
        ConnectWorker worker = worker();
        worker.produceValue("text");
        ConnectException error = assertThrows(ConnectException.class, worker::deliverAll);
        assertTrue(error.getMessage().contains("ByteArrayConverter"));
    }

    @Test
    void aFailedPutIsTriedAgainAndNothingIsTakenTwice() {
        ConnectWorker worker = worker("flush.size", "2");
        worker.produce("0", "1", "2", "3");
        store.failNext(2, MemoryStore.Failure.REFUSED);
        assertFalse(worker.deliver(3));
        assertFalse(worker.deliver(3));
        assertEquals(Map.of(), store.bodies);
        assertTrue(worker.deliver(3));
        worker.deliverAll();
        assertEquals(List.of("0", "1", "2", "3"), store.lines());
    }

    @Test
    void aPutWhoseAnswerIsLostIsRecognised() {
        ConnectWorker worker = worker("flush.size", "2");
        worker.produce("0", "1", "2", "3");
        store.failNext(1, MemoryStore.Failure.ANSWER_LOST);
        assertFalse(worker.deliver(4));
        assertTrue(worker.deliver(4));
        assertEquals(
                Map.of(FOLDER + "0000000000.json", "0\n1\n", FOLDER + "0000000002.json", "2\n3\n"),
                store.bodies);
    }

    @Test
    void waitsTwiceAsLongAfterEachFailureInARow() {
        ConnectWorker worker = worker("flush.size", "1", "retry.backoff.ms", "100");
        worker.produce("0", "1");
        store.failNext(2, MemoryStore.Failure.REFUSED);
        worker.deliver(1);
        assertEquals(100, worker.timeoutMs);
        worker.deliver(1);
        assertEquals(200, worker.timeoutMs);
        worker.deliver(1);
        store.failNext(1, MemoryStore.Failure.REFUSED);
        worker.deliver(1);
        assertEquals(100, worker.timeoutMs);
    }

    @Test
    void whileTheStoreIsAwayNothingMoreIsTaken() {
        ConnectWorker worker = worker("flush.size", "1");
        worker.produce("0", "1");
        store.failNext(2, MemoryStore.Failure.REFUSED);
        worker.deliver(1);
        assertFalse(worker.deliver(2));
        worker.commit();
        assertEquals(0, worker.committed);
    }

    @Test
    void afterARebalanceTheOpenLinesAreDeliveredAgain() {
        ConnectWorker worker = worker("flush.size", "2");
        worker.produce("0", "1", "2");
        worker.deliverAll();
        worker.rebalance();
        worker.produce("3");
        worker.deliverAll();
        assertEquals(List.of("0", "1", "2", "3"), store.lines());
    }

    @Test
    void refusesRecordsOfPartitionsThatItDoesNotHave() {
        ConnectWorker worker = worker();
        worker.produce("0");
        worker.topic.set(0, worker.topic.get(0).newRecord(
                "renamed", 0, null, null, null, "0".getBytes(), null));
        ConnectException error = assertThrows(ConnectException.class, worker::deliverAll);
        assertTrue(error.getMessage().contains("renamed-0"));
    }
}
