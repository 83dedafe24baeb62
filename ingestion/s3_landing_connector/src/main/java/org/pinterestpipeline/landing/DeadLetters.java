package org.pinterestpipeline.landing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands records that cannot be a line to Connect, which sends their bytes to the dead letter topic. */
final class DeadLetters {
    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);
    private static final int MOST_ON_THEIR_WAY = 1000;

    private final ErrantRecordReporter reporter;
    private final List<Future<Void>> onTheirWay = new ArrayList<>();

    /**
     * Takes Connect's reporter.
     *
     * @param reporter null if the connector has no dead letter topic and tolerates no errors
     */
    DeadLetters(ErrantRecordReporter reporter) {
        this.reporter = reporter;
    }

    /**
     * Sends a record on its way.
     *
     * <p>Logs the first one before each object, for the alarm. A line per record could fill the log, and
     * the reason may contain a part of the value.
     *
     * @throws DataException the reason, if the connector tolerates no errors
     */
    void report(SinkRecord record, DataException reason) {
        String located = String.format("%s at offset %d of %s-%d", reason.getMessage(),
                record.kafkaOffset(), record.topic(), record.kafkaPartition());
        if (reporter == null) {
            throw new DataException(located, reason);
        }
        if (onTheirWay.isEmpty()) {
            LOG.warn("Dead letter: offset {} of {}-{}; more may follow", record.kafkaOffset(),
                    record.topic(), record.kafkaPartition());
        }
        onTheirWay.add(reporter.report(record, new NotALineException(located)));
        if (onTheirWay.size() >= MOST_ON_THEIR_WAY) {
            awaitAll();
        }
    }

    /**
     * Waits until every reported record is in the dead letter topic.
     *
     * @throws ConnectException if one could not be written
     */
    void awaitAll() {
        for (Future<Void> future : onTheirWay) {
            await(future);
        }
        onTheirWay.clear();
    }

    /** A reason without a stack trace: Connect would keep 2 KB of it in a header of each dead letter. */
    private static final class NotALineException extends DataException {
        private static final long serialVersionUID = 1L;

        NotALineException(String reason) {
            super(reason);
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    private static void await(Future<Void> future) {
        try {
            future.get();
        } catch (ExecutionException e) {
            throw new ConnectException("cannot write to the dead letter topic", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RetriableException("interrupted while writing to the dead letter topic", e);
        }
    }
}
