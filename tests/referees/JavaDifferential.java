// Renders mapping templates as the reference does: Velocity 1.7, json-smart 2.2, commons-lang 2.6, and Jayway's JSONPath
// where its classes are given. Reads lines of JSON, [template, body]; after an empty line it answers each that came before
// with a line of JSON: the text, or in a list why there is none.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.BiFunction;

import net.minidev.json.JSONArray;
import net.minidev.json.JSONStyle;
import net.minidev.json.JSONValue;
import net.minidev.json.parser.JSONParser;
import org.apache.commons.lang.StringEscapeUtils;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.util.introspection.Info;
import org.apache.velocity.util.introspection.UberspectImpl;
import org.apache.velocity.util.introspection.VelPropertyGet;

import static java.nio.charset.StandardCharsets.UTF_8;

@SuppressWarnings("serial")
public class JavaDifferential {
  /** Reads a path of a document, or says that there is no such element: Jayway's, if it is given. */
  static BiFunction<Object, String, Object> paths = (document, path) -> {
    if (path.equals("$")) return document;
    throw new IllegalArgumentException("there is no JSONPath here");
  };

  /** Whether a template came by a null of the gateway's own, which AWS renders as nothing and Velocity does not. */
  static boolean metNull;

  static <T> T own(T value) {
    metNull |= value == null;
    return value;
  }

  /** A map of a body. */
  public static class OwnMap extends LinkedHashMap<String, Object> {
    @Override
    public Object get(Object key) {
      return own(super.get(key));
    }
  }

  /** A list of a body. */
  public static class OwnList extends JSONArray {
    @Override
    public Object get(int index) {
      return own(super.get(index));
    }
  }

  /** Tells a property that a list of a body does not have. */
  public static class OwnProperties extends UberspectImpl {
    @Override
    public VelPropertyGet getPropertyGet(Object object, String name, Info info) throws Exception {
      VelPropertyGet found = super.getPropertyGet(object, name, info);
      return object instanceof OwnList ? own(found) : found;
    }
  }

  static Object owned(Object value) {
    if (value instanceof Map<?, ?> members) {
      OwnMap map = new OwnMap();
      members.forEach((name, member) -> map.put((String) name, owned(member)));
      return map;
    }
    if (value instanceof JSONArray items) {
      OwnList list = new OwnList();
      items.forEach(item -> list.add(owned(item)));
      return list;
    }
    return value;
  }

  static Object parsed(String text) throws Exception {
    return new JSONParser(JSONParser.MODE_PERMISSIVE).parse(text, JSONValue.defaultReader.DEFAULT_ORDERED);
  }

  /** {@code $input} */
  public static class Input {
    private final String body;

    Input(String body) {
      this.body = body.isEmpty() ? "{}" : body;
    }

    public String getBody() {
      return body;
    }

    public Object path(String path) throws Exception {
      try {
        return own(owned(paths.apply(parsed(body), path)));
      } catch (NoSuchElementException missing) {
        return own(null);
      }
    }

    public String json(String path) throws Exception {
      try {
        return JSONValue.toJSONString(paths.apply(parsed(body), path), JSONStyle.LT_COMPRESS);
      } catch (NoSuchElementException missing) {
        return "\"\"";
      }
    }
  }

  /** {@code $util} */
  public static class Util {
    public String escapeJavaScript(Object text) {
      return own(text == null ? null : StringEscapeUtils.escapeJavaScript(text.toString()));
    }

    public Object parseJson(Object text) throws Exception {
      return own(text == null ? null : owned(parsed(text.toString())));
    }

    public String urlEncode(Object text) {
      return own(text == null ? null : URLEncoder.encode(text.toString(), UTF_8));
    }

    public String urlDecode(Object text) {
      return own(text == null ? null : URLDecoder.decode(text.toString(), UTF_8));
    }

    public String base64Encode(Object text) {
      return own(text == null ? null : Base64.getEncoder().encodeToString(text.toString().getBytes(UTF_8)));
    }
  }

  static VelocityEngine engine() {
    VelocityEngine engine = new VelocityEngine();
    engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
    engine.setProperty("runtime.introspector.uberspect", OwnProperties.class.getName());
    engine.setProperty("directive.foreach.maxloops", 1000);
    engine.init();
    return engine;
  }

  static Object answer(VelocityEngine engine, String template, String body) {
    metNull = false;
    VelocityContext context = new VelocityContext();
    context.put("input", new Input(body));
    context.put("util", new Util());
    StringWriter text = new StringWriter();
    try {
      engine.evaluate(context, text, "template", template);
    } catch (Exception | VirtualMachineError thrown) {
      return List.of(metNull ? "a null of the gateway's own" : String.valueOf(thrown));
    }
    return metNull ? List.of("a null of the gateway's own") : new String(text.toString().getBytes(UTF_8), UTF_8);
  }

  @SuppressWarnings("unchecked")
  public static void main(String[] arguments) throws Exception {
    if (arguments.length > 0) {
      paths = (BiFunction<Object, String, Object>) Class.forName(arguments[0]).getConstructor().newInstance();
    }
    VelocityEngine engine = engine();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    PrintStream out = new PrintStream(System.out, false, UTF_8);
    List<String> batch = new ArrayList<>();
    String line;
    while ((line = lines.readLine()) != null) {
      if (!line.isEmpty()) {
        batch.add(line);
        continue;
      }
      for (String each : batch) {
        JSONArray given = (JSONArray) new JSONParser(JSONParser.MODE_RFC4627).parse(each);
        out.println(JSONValue.toJSONString(answer(engine, (String) given.get(0), (String) given.get(1))));
      }
      out.flush();
      batch.clear();
    }
  }
}
