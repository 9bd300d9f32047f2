// Reads paths with Jayway's JSONPath; compiled only where its classes are given.

import java.util.NoSuchElementException;
import java.util.function.BiFunction;

import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.PathNotFoundException;

public class JaywayPaths implements BiFunction<Object, String, Object> {
  @Override
  public Object apply(Object document, String path) {
    try {
      return JsonPath.compile(path).read(document);
    } catch (PathNotFoundException missing) {
      throw new NoSuchElementException(path);
    }
  }
}
