import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/** Accepts the tokens that MSK accepts: a URL of Kafka's Connect action, presigned with one key. */
public final class SignedUrlValidator implements AuthenticateCallbackHandler {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private String keyId;
  private String secret;
  private String region;

  @Override
  public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> jaas) {
    Map<String, ?> options = jaas.get(0).getOptions();
    keyId = (String) options.get("keyId");
    secret = (String) options.get("secret");
    region = (String) options.get("region");
  }

  @Override
  public void handle(Callback[] callbacks) {
    for (Callback callback : callbacks) {
      if (callback instanceof OAuthBearerValidatorCallback validation) {
        try {
          validation.token(validated(validation.tokenValue()));
        } catch (Exception error) {
          validation.error("Access denied: " + error.getMessage(), null, null);
        }
      } else if (callback instanceof OAuthBearerExtensionsValidatorCallback extensions) {
        extensions.inputExtensions().map().keySet().forEach(extensions::valid);
      }
    }
  }

  private OAuthBearerToken validated(String token) throws Exception {
    URI url = URI.create(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
    TreeMap<String, String> raw = new TreeMap<>();
    for (String pair : url.getRawQuery().split("&")) {
      raw.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    Map<String, String> query = raw.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey,
        entry -> URLDecoder.decode(entry.getValue(), StandardCharsets.UTF_8)));
    String date = query.get("X-Amz-Date");
    String scope = date.substring(0, 8) + "/" + region + "/kafka-cluster/aws4_request";
    require(url.getHost().equals("kafka." + region + ".amazonaws.com"), "host " + url.getHost());
    require("kafka-cluster:Connect".equals(query.get("Action")), "action");
    require((keyId + "/" + scope).equals(query.get("X-Amz-Credential")), "unknown credential");
    Instant start = TIME.parse(date, Instant::from);
    Instant end = start.plusSeconds(Long.parseLong(query.get("X-Amz-Expires")));
    require(Instant.now().isBefore(end), "token expired at " + end);
    String signature = raw.remove("X-Amz-Signature");
    raw.remove("User-Agent"); // added after signing
    require(signature(url, raw, date, scope).equals(signature), "wrong signature");
    return new Token(token, keyId, start.toEpochMilli(), end.toEpochMilli());
  }

  private String signature(URI url, Map<String, String> raw, String date, String scope)
      throws Exception {
    String query = raw.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue()).collect(Collectors.joining("&"));
    String empty = sha256("");
    String request = String.join("\n", "GET", "/", query, "host:" + url.getHost(), "", "host", empty);
    byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) {
      key = hmac(key, part);
    }
    String text = String.join("\n", "AWS4-HMAC-SHA256", date, scope, sha256(request));
    return HexFormat.of().formatHex(hmac(key, text));
  }

  private static String sha256(String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static byte[] hmac(byte[] key, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  @Override
  public void close() {}

  private record Token(String value, String principalName, Long startTimeMs, long lifetimeMs)
      implements OAuthBearerToken {
    @Override
    public Set<String> scope() {
      return Set.of();
    }
  }
}
