package org.pinterestpipeline.landing;

import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;

/**
 * When open objects are written even if they are not full.
 *
 * <p>As Confluent's {@code rotate.schedule.interval.ms}: the times are multiples of the interval since
 * midnight of the time zone, so all partitions rotate together.
 */
final class RotationSchedule {
    private final long intervalMs;
    private final ZoneId zone;

    /**
     * Makes a schedule.
     *
     * @param intervalMs 0 or less: never
     */
    RotationSchedule(long intervalMs, ZoneId zone) {
        this.intervalMs = intervalMs;
        this.zone = zone;
    }

    /** Returns the first rotation after a time, both in ms since 1970. */
    long next(long time) {
        if (intervalMs <= 0) {
            return Long.MAX_VALUE;
        }
        long midnight = Instant.ofEpochMilli(time)
                .atZone(zone)
                .truncatedTo(ChronoUnit.DAYS)
                .toInstant()
                .toEpochMilli();
        return midnight + ((time - midnight) / intervalMs + 1) * intervalMs;
    }
}
