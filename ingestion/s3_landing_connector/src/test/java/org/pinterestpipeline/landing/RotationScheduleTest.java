package org.pinterestpipeline.landing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotationScheduleTest {
    @ParameterizedTest
    @CsvSource({
        "60000,    UTC,           2024-03-01T12:00:00Z,     2024-03-01T12:01:00Z",
        "60000,    UTC,           2024-03-01T12:00:59.999Z, 2024-03-01T12:01:00Z",
        "86400000, UTC,           2024-03-01T12:00:00Z,     2024-03-02T00:00:00Z",
        "86400000, Europe/London, 2024-07-01T22:30:00Z,     2024-07-01T23:00:00Z",
        "7000,     UTC,           2024-03-01T00:00:13Z,     2024-03-01T00:00:14Z",
    })
    void rotatesAtMultiplesOfTheIntervalSinceMidnight(
            long intervalMs, String zone, String time, String expected) {
        RotationSchedule schedule = new RotationSchedule(intervalMs, ZoneId.of(zone));
        long next = schedule.next(Instant.parse(time).toEpochMilli());
        assertEquals(Instant.parse(expected), Instant.ofEpochMilli(next));
    }

    @Test
    void neverRotatesWithoutAnInterval() {
        assertEquals(Long.MAX_VALUE, new RotationSchedule(-1, ZoneId.of("UTC")).next(0));
    }
}
