package org.pinterestpipeline.landing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLineTest {
    @ParameterizedTest
    @ValueSource(strings = {
        "{\"index\":1,\"title\":\"a\"}",
        "{ \"spaces\" :\t[1.50, 1E5, -0, 12345678901234567890123] }",
        "{\"same\":1,\"same\":2}",
        "{\"escapes\":\"\\n\\u00e9\\ud83d\\ude00 \\\" \\\\ /\"}",
        "{\"text\":\"é ש 🎄 \u00a0 \u2028\"}",
        "[]", "\"text\"", "5", "true", "null",
    })
    void keepsEveryByteOfOneJsonValue(String json) {
        assertEquals(json + "\n", line(json));
    }

    @ParameterizedTest
    @CsvSource({
        "'{\n  \"a\": 1\n}', '{   \"a\": 1 }'",
        "'{\r\n\"a\":1}\r\n', '{  \"a\":1}  '",
        "'\n[1,\n2]', ' [1, 2]'",
    })
    void makesRawLineBreaksBetweenTokensSpaces(String json, String expected) {
        assertEquals(expected + "\n", line(json));
    }

    @Test
    void takesArraysAndObjectsNestedAThousandDeep() {
        String deep = "[".repeat(1000) + "]".repeat(1000);
        assertEquals(deep + "\n", line(deep));
        assertThrows(DataException.class, () -> line("[" + deep + "]"));
    }

    @Test
    void leavesTheValueItselfUntouched() {
        byte[] value = "{\n}".getBytes(StandardCharsets.UTF_8);
        JsonLine.of(value);
        assertArrayEquals("{\n}".getBytes(StandardCharsets.UTF_8), value);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "''                  | the value is empty",
        "'  \n '             | the value is empty",
        "{} {}               | the value holds more than one JSON value",
        "1 2                 | the value holds more than one JSON value",
        "{},                 | the value is not JSON",
        "plain text          | the value is not JSON",
        "'{\"truncated\":'   | the value is not JSON",
        "'{\"a\":\"b'        | the value is not JSON",
        "'{\"a\":\"b\nc\"}'  | the value is not JSON",
        "'{a:1}'             | the value is not JSON",
        "'[1,]'              | the value is not JSON",
        "01                  | the value is not JSON",
        "NaN                 | the value is not JSON",
        "'\uFEFF{}'          | the value is not JSON",
    })
    void refusesWhatIsNotOneJsonValue(String text, String reason) {
        DataException error = assertThrows(DataException.class, () -> line(text));
        assertTrue(error.getMessage().startsWith(reason), error.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ff", "22 c3 22", "22 ed a0 80 22", "7b 00 7d 00", "22 c0 af 22"})
    void refusesBytesThatAreNotUtf8OrNotJson(String hex) {
        String[] pairs = hex.split(" ");
        byte[] value = new byte[pairs.length];
        for (int i = 0; i < pairs.length; i++) {
            value[i] = (byte) Integer.parseInt(pairs[i], 16);
        }
        assertThrows(DataException.class, () -> JsonLine.of(value));
    }

    private static String line(String value) {
        return new String(
                JsonLine.of(value.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }
}
