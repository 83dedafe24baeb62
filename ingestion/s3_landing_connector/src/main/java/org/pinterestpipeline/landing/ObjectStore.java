package org.pinterestpipeline.landing;

import java.util.Map;

/**
 * The landing bucket, as far as the connector needs it.
 *
 * <p>Every method throws {@link org.apache.kafka.connect.errors.RetriableException} where trying
 * again may help, and another {@link org.apache.kafka.connect.errors.ConnectException} where not.
 */
interface ObjectStore extends AutoCloseable {
    /**
     * Stores an object as a whole, unless there is one of that key.
     *
     * @return false if there was one; it is untouched
     */
    boolean putIfAbsent(String key, byte[] body, Map<String, String> metadata);

    /** Returns the metadata that the object was put with. */
    Map<String, String> metadata(String key);

    @Override
    void close();
}
