package org.pinterestpipeline.landing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.exception.SdkServiceException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** A bucket of S3, or of a server that speaks its protocol. Credentials: the AWS default chain. */
final class S3ObjectStore implements ObjectStore {
    private static final String CONTENT_TYPE = "application/json";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(20);

    private final String bucket;
    private final S3Client s3;

    S3ObjectStore(LandingConfig config) {
        bucket = config.bucket();
        s3 = client(config);
    }

    @Override
    public boolean putIfAbsent(String key, byte[] body, Map<String, String> metadata) {
        PutObjectRequest request = PutObjectRequest.builder()
                .bucket(bucket)
                .key(key)
                .ifNoneMatch("*")
                .contentType(CONTENT_TYPE)
                .metadata(metadata)
                .build();
        try {
            // Not fromBytes(): it copies the body.
            s3.putObject(request, RequestBody.fromContentProvider(
                    () -> new ByteArrayInputStream(body), body.length, CONTENT_TYPE));
            return true;
        } catch (SdkException e) {
            if (status(e) == 412) {
                return false;
            }
            throw failure("write", key, e);
        }
    }

    @Override
    public Map<String, String> metadata(String key) {
        try {
            return s3.headObject(request -> request.bucket(bucket).key(key)).metadata();
        } catch (SdkException e) {
            if (status(e) == 404) {
                throw new RetriableException(address(key) + " was there and is gone", e);
            }
            throw failure("read the metadata of", key, e);
        }
    }

    @Override
    public void close() {
        s3.close();
    }

    private static S3Client client(LandingConfig config) {
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(config.region()))
                .forcePathStyle(config.pathStyleAccess())
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT_TIMEOUT)
                        .socketTimeout(READ_TIMEOUT))
                .overrideConfiguration(override -> override.retryStrategy(retries(config)));
        if (!config.storeUrl().isEmpty()) {
            builder.endpointOverride(URI.create(config.storeUrl()));
        }
        return builder.build();
    }

    private static StandardRetryStrategy retries(LandingConfig config) {
        BackoffStrategy backoff =
                BackoffStrategy.exponentialDelay(config.s3RetryBackoff(), LONGEST_BACKOFF);
        return AwsRetryStrategy.standardRetryStrategy().toBuilder()
                .maxAttempts(config.s3Retries() + 1)
                .backoffStrategy(backoff)
                .throttlingBackoffStrategy(backoff)
                .build();
    }

    private ConnectException failure(String action, String key, SdkException e) {
        String message = "cannot " + action + " " + address(key) + ": " + e.getMessage();
        return mayPass(e)
                ? new RetriableException(message, e)
                : new ConnectException(message, e);
    }

    /**
     * Whether the same request may succeed later: a conflict, too many, 5xx, a connection that failed.
     * Errors of the client itself, such as missing credentials, are permanent.
     */
    private static boolean mayPass(SdkException e) {
        int status = status(e);
        return status == 0
                ? hasIoCause(e)
                : status < 300 || status == 408 || status == 409 || status == 429 || status >= 500;
    }

    private static boolean hasIoCause(Throwable e) {
        return Stream.iterate(e, Objects::nonNull, Throwable::getCause)
                .anyMatch(IOException.class::isInstance);
    }

    private static int status(SdkException e) {
        return e instanceof SdkServiceException ? ((SdkServiceException) e).statusCode() : 0;
    }

    private String address(String key) {
        return "s3://" + bucket + "/" + key;
    }
}
