package org.pinterestpipeline.landing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.connect.errors.DataException;

/** A record's value as one line of a landing object. */
final class JsonLine {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonLine() {}

    /**
     * Returns the value as it came, ended by a line break.
     *
     * <p>JSON allows raw line breaks between its tokens only (RFC 8259, 2 and 7), so those become
     * spaces without a change of meaning.
     *
     * @throws DataException if the value is not exactly one JSON value in UTF-8
     */
    static byte[] of(byte[] value) {
        requireOneJsonValue(text(value));
        byte[] line = new byte[value.length + 1];
        for (int i = 0; i < value.length; i++) {
            line[i] = value[i] == '\n' || value[i] == '\r' ? (byte) ' ' : value[i];
        }
        line[value.length] = '\n';
        return line;
    }

    private static String text(byte[] value) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
        } catch (CharacterCodingException e) {
            throw new DataException("the value is not UTF-8", e);
        }
    }

    private static void requireOneJsonValue(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() == null) {
                throw new DataException("the value is empty");
            }
            parser.skipChildren();
            if (parser.nextToken() != null) {
                throw new DataException("the value holds more than one JSON value");
            }
        } catch (JsonProcessingException e) {
            throw new DataException("the value is not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }
}
