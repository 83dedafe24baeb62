package org.pinterestpipeline.landing;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.connect.errors.RetriableException;

/** A bucket in memory that can be told to fail; it outlives the tasks that write to it. */
final class MemoryStore implements ObjectStore {
    /** What a put does instead of storing. */
    enum Failure {
        /** Nothing is stored. */
        REFUSED,
        /** The object is stored, but its writer does not learn of it. */
        ANSWER_LOST
    }

    final Map<String, String> bodies = new TreeMap<>();
    final Map<String, Map<String, String>> metadata = new TreeMap<>();
    int puts;
    private Failure failure;
    private int failuresLeft;

    void failNext(int times, Failure how) {
        failuresLeft = times;
        failure = how;
    }

    /** Returns the lines of all objects, in the order of their keys. */
    List<String> lines() {
        return bodies.values().stream().flatMap(String::lines).collect(Collectors.toList());
    }

    @Override
    public boolean putIfAbsent(String key, byte[] body, Map<String, String> marks) {
        puts++;
        boolean fails = failuresLeft-- > 0;
        if (fails && failure == Failure.REFUSED) {
            throw new RetriableException("told to fail");
        }
        boolean stored = bodies.putIfAbsent(key, new String(body, StandardCharsets.UTF_8)) == null;
        metadata.putIfAbsent(key, marks);
        if (fails) {
            throw new RetriableException("told to lose the answer");
        }
        return stored;
    }

    @Override
    public Map<String, String> metadata(String key) {
        return metadata.get(key);
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
