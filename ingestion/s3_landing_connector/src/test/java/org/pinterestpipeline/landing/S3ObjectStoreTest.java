package org.pinterestpipeline.landing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real S3 client against a server that answers as told. */
class S3ObjectStoreTest {
    private static final Map<String, String> MARKS = Map.of("next-offset", "7");
    private static final int NO_ANSWER = 0;

    private final List<Integer> answers = new ArrayList<>();
    private final List<String> requests = new ArrayList<>();
    private final Map<String, String> lastHeaders = new HashMap<>();
    private String lastBody;
    private HttpServer server;
    private S3ObjectStore store;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        store = store(Map.of());
    }

    @AfterEach
    void stop() {
        store.close();
        server.stop(0);
    }

    @Test
    void putsTheWholeObjectOnlyIfThereIsNone() {
        answers.add(200);
        assertTrue(put());
        assertEquals(List.of("PUT /landing/topics/demo.pin/partition%3D0/a%2B0.json"), requests);
        assertEquals("*", lastHeaders.get("if-none-match"));
        assertEquals("7", lastHeaders.get("x-amz-meta-next-offset"));
        assertEquals("application/json", lastHeaders.get("content-type"));
        assertTrue(lastBody.contains("{}\n"), lastBody);
    }

    @Test
    void saysThatAnObjectIsThere() {
        answers.add(412);
        assertFalse(put());
    }

    @Test
    void readsTheMetadataOfAnObject() {
        answers.add(200);
        assertEquals("7", store.metadata("some/key.json").get("next-offset"));
        assertEquals(List.of("HEAD /landing/some/key.json"), requests);
    }

    @Test
    void repeatsARequestThatMaySucceedLater() {
        answers.addAll(List.of(503, 500, 200));
        assertTrue(put());
        assertEquals(3, requests.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 409, 429, 500, 503})
    void whatMayPassIsLeftToConnectToTryAgain(int status) {
        answers.addAll(List.of(status, status, status));
        assertThrows(RetriableException.class, this::put);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 400, 403, 404})
    void whatWillNotPassFailsTheTask(int status) {
        answers.add(status);
        ConnectException error = assertThrows(ConnectException.class, this::put);
        assertEquals(ConnectException.class, error.getClass());
        assertTrue(error.getMessage().contains("s3://landing/topics/demo.pin"), error.getMessage());
    }

    @Test
    void anObjectThatIsGoneAgainIsWrittenByTheNextAttempt() {
        answers.add(404);
        assertThrows(RetriableException.class, () -> store.metadata("some/key.json"));
    }

    @Test
    void aServerThatIsAwayMayComeBack() {
        server.stop(0);
        assertThrows(RetriableException.class, this::put);
    }

    @Test
    void anAnswerThatBreaksOffMayBeWholeTheNextTime() {
        answers.addAll(List.of(NO_ANSWER, NO_ANSWER, NO_ANSWER));
        assertThrows(RetriableException.class, this::put);
    }

    @Test
    void aRequestThatTheClientCannotMakeFailsTheTask() {
        store.close();
        store = store(Map.of("s3.bucket.name", "arn:aws:s3:nowhere"));
        ConnectException error = assertThrows(ConnectException.class, this::put);
        assertEquals(ConnectException.class, error.getClass());
        assertTrue(error.getMessage().contains("not a valid ARN"), error.getMessage());
        assertEquals(List.of(), requests);
    }

    private boolean put() {
        byte[] body = "{}\n".getBytes(StandardCharsets.UTF_8);
        return store.putIfAbsent("topics/demo.pin/partition=0/a+0.json", body, MARKS);
    }

    private S3ObjectStore store(Map<String, String> changed) {
        Map<String, String> properties = new HashMap<>(ConnectorProperties.valid());
        properties.put("store.url", "http://127.0.0.1:" + server.getAddress().getPort());
        properties.putAll(Map.of("s3.part.retries", "2", "s3.retry.backoff.ms", "1"));
        properties.putAll(changed);
        return new S3ObjectStore(new LandingConfig(properties));
    }

    private void answer(HttpExchange exchange) throws IOException {
        requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI().getRawPath());
        lastBody = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        exchange.getRequestHeaders().forEach(
                (name, values) -> lastHeaders.put(name.toLowerCase(), values.get(0)));
        exchange.getResponseHeaders().add("x-amz-meta-next-offset", "7");
        int status = answers.remove(0);
        if (status != NO_ANSWER) {
            exchange.sendResponseHeaders(status, -1);
        }
        exchange.close();
    }
}
