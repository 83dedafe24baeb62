package org.pinterestpipeline.landing;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/** The lines of one partition that wait for their object, in the order of their offsets. */
final class OpenObject {
    private final Deque<Line> lines = new ArrayDeque<>();
    private final int flushSize;
    private final int partSizeBytes;
    private int sizeBytes;
    private long openedAt;

    OpenObject(int flushSize, int partSizeBytes) {
        this.flushSize = flushSize;
        this.partSizeBytes = partSizeBytes;
    }

    /** Adds a line; the first one's time (ms since 1970) is that of the object. */
    void add(Line line, long now) {
        if (lines.isEmpty()) {
            openedAt = now;
        }
        lines.add(line);
        sizeBytes += line.bytes.length;
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    /** Whether the object would stay within its size with the line; an empty one takes any line. */
    boolean hasRoomFor(byte[] line) {
        return lines.isEmpty() || sizeBytes + (long) line.length <= partSizeBytes;
    }

    boolean isFull() {
        return lines.size() >= flushSize || sizeBytes >= partSizeBytes;
    }

    /** Returns the line that names the object; there must be one. */
    Line first() {
        return lines.getFirst();
    }

    /** Returns the line that the object ends with; there must be one. */
    Line last() {
        return lines.getLast();
    }

    /** Returns when the first line came, in ms since 1970. */
    long openedAt() {
        return openedAt;
    }

    /** Moves a time of opening that is ahead of a clock that was set back: the object would wait for it. */
    void limitOpenedAt(long now) {
        openedAt = Math.min(openedAt, now);
    }

    byte[] body() {
        ByteBuffer body = ByteBuffer.allocate(sizeBytes);
        lines.forEach(line -> body.put(line.bytes));
        return body.array();
    }

    /** Drops the lines that are in the bucket, according to the fence of their object. */
    void drop(Fence fence) {
        while (!lines.isEmpty() && lines.getFirst().offset < fence.nextOffset) {
            fence.requireSame(lines.getFirst());
            sizeBytes -= lines.removeFirst().bytes.length;
        }
    }
}
