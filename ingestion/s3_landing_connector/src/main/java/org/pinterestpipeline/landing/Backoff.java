package org.pinterestpipeline.landing;

/** How long to wait after failures in a row: twice as long after each, up to a limit. */
final class Backoff {
    private static final long LONGEST_MS = 10_000;

    private final long firstMs;
    private long nextMs;

    Backoff(long firstMs) {
        this.firstMs = firstMs;
        reset();
    }

    long nextMs() {
        long wait = nextMs;
        nextMs = Math.max(firstMs, Math.min(2 * wait, LONGEST_MS));
        return wait;
    }

    void reset() {
        nextMs = firstMs;
    }
}
