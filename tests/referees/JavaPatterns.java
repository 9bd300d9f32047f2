// Answers lines of fields in hexadecimal UTF-16, parted by tabs: an operation, a pattern, a text, and what it needs more.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class JavaPatterns {
  static String read(String hex) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < hex.length(); at += 4) {
      text.append((char) Integer.parseInt(hex.substring(at, at + 4), 16));
    }
    return text.toString();
  }

  static String write(String text) {
    StringBuilder hex = new StringBuilder();
    for (char unit : text.toCharArray()) {
      hex.append(String.format("%04x", (int) unit));
    }
    return hex.toString();
  }

  static String find(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    StringBuilder found = new StringBuilder();
    while (matcher.find()) {
      found.append(matcher.start()).append('-').append(matcher.end());
      for (int group = 1; group <= matcher.groupCount(); group++) {
        found.append('|').append(matcher.group(group));
      }
      found.append(';');
    }
    return found.toString();
  }

  public static void main(String[] arguments) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    String line;
    while ((line = lines.readLine()) != null) {
      String[] field = line.split("\t", -1);
      String pattern = read(field[1]);
      String text = read(field[2]);
      StringBuilder answer = new StringBuilder();
      try {
        switch (field[0]) {
          case "matches" -> answer.append("=\t").append(write("" + text.matches(pattern)));
          case "find" -> answer.append("=\t").append(write(find(pattern, text)));
          case "replaceAll" -> answer.append("=\t").append(write(text.replaceAll(pattern, read(field[3]))));
          case "replaceFirst" -> answer.append("=\t").append(write(text.replaceFirst(pattern, read(field[3]))));
          default -> {
            answer.append("[");
            for (String part : text.split(pattern, Integer.parseInt(read(field[3])))) {
              answer.append("\t").append(write(part));
            }
          }
        }
      } catch (RuntimeException | StackOverflowError thrown) {
        answer.setLength(0);
        answer.append("!");
      }
      System.out.println(answer);
    }
  }
}
