//! Marked secrets in every place where one can stand, and every output of every command without them.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::loadgen::{Scratch, command};
use super::server::{Reply, Request, Server, answer, named, uuid};
use super::tls;

/// What every secret begins with. Nothing that anybody can read may hold it, whatever happened to its letters.
const MARK: &str = "hushhush";

/// Variables that hold secrets, for the load or for nobody.
const VARIABLES: [(&str, &str); 11] = [
    ("HUSH_HEADER", "hushhush-header-variable"),
    ("HUSH_BODY", "hushhush-body-variable"),
    ("HUSH_FILTERED", "hushhush-filtered-variable"),
    ("HUSH_NOBODYS", "hushhush-nobodys"),
    ("AWS_ACCESS_KEY_ID", "HUSHHUSHACCESSKEY"),
    ("AWS_SECRET_ACCESS_KEY", "hushhush-aws-secret"),
    ("AWS_SESSION_TOKEN", "hushhush-aws-session"),
    ("STEPGATE_API_KEY", "hushhush-api-key"),
    ("STEPGATE_BEARER_TOKEN", "hushhush-bearer"),
    ("HTTPS_PROXY", "http://me:hushhush-proxy@127.0.0.1:9"),
    // The finest level of whoever listens to it.
    ("RUST_LOG", "trace"),
];

const SCENARIO: &str = r#"
schema = 1
name = "order"
[target]
url = "URL"
auth = "AUTH"
headers = { cookie = "session=hushhush-cookie", x-tenant = "hushhush-tenant", x-from = "{{ env('HUSH_HEADER') }}" }
[load]
executor = "constant-arrival-rate"
rate = 400
requests = 60
[[payload]]
name = "first"
json = { token = "{{ env('HUSH_BODY') }}", order = "{{ uuid() }}" }
[[payload]]
name = "second"
json = { password = "hushhush-literal", shout = "{{ env('HUSH_FILTERED') | upper }}" }
"#;

/// The same for a run that somebody else ends.
fn endless() -> String {
    SCENARIO.replace("requests = 60", "duration = \"60s\"")
}

/// Repeats all that it was sent, where a target can: in the body, in headers, as the name of what it started.
fn parrot(request: &Request) -> Reply {
    let (id, head) = (uuid(request.number), &request.head);
    let message = serde_json::json!({"message": format!("no: {head} {}", request.body)}).to_string();
    let value = |name: &str| request.header(name).unwrap_or("nothing").replace([' ', '/', ':', '='], "-");
    Reply::Bytes(match request.number % 6 {
        0 => named(&id, &value("x-tenant")),
        1 => named(&id, &value("x-from")),
        2 => answer(403, &id, "x-amzn-ErrorType: ForbiddenException\r\n", &message),
        3 => answer(
            400,
            &id,
            &format!("x-echo: {}\r\nset-cookie: {}\r\n", value("x-api-key"), value("cookie")),
            &message,
        ),
        4 => answer(200, &id, "", &format!("{{\"__type\":\"{}\",\"message\":{}}}", value("authorization"), message)),
        _ => answer(504, &id, "", &message),
    })
}

/// A command in a folder of its own, with every variable that holds a secret.
fn secretive(scratch: &Path, arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    command.envs(VARIABLES).env("RUST_BACKTRACE", "1").current_dir(scratch);
    command
}

/// Whether a text holds a secret, also one whose letters were changed or encoded.
fn betrays(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    // "hushhush" in base64, at each of the three places where it can begin.
    let forms = [MARK, "ahvzagh1c2", "h1c2hodxno", "odxnoahvza", "6875736868757368"];
    let found = forms.iter().find_map(|form| text.find(form));
    found.map(|at| text.chars().skip(text[..at].chars().count().saturating_sub(120)).take(240).collect())
}

fn assert_silent(what: &str, output: &Output) {
    for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if let Some(found) = betrays(bytes) {
            panic!("{stream} of {what} tells: {found}");
        }
    }
}

/// Every file below a folder, but those that the test wrote itself.
fn assert_files_silent(folder: &Path, own: &[&Path]) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += assert_files_silent(&path, own);
        } else if !own.contains(&path.as_path()) {
            files += 1;
            if let Some(found) = betrays(&fs::read(&path).unwrap()) {
                panic!("{} tells: {found}", path.display());
            }
        }
    }
    files
}

#[test]
fn no_output_of_any_command_tells_a_secret() {
    let server = Server::start(parrot);
    let url = format!("{}?code=hushhush-query", server.url);
    for auth in ["none", "api-key", "bearer", "sigv4"] {
        let scratch = Scratch::new();
        let file = scratch.write("order.toml", &SCENARIO.replace("URL", &url).replace("AUTH", auth));
        let root = file.parent().unwrap();
        let scenario = file.to_str().unwrap();
        let own = ["-H", "x-api-key: hushhush-argument"];
        let own = if auth == "api-key" { &[][..] } else { &own };
        let (junit, json) = ("junit=copy.xml", "json=copy.json");
        let region = ("AWS_REGION", "eu-west-1");
        for (name, arguments) in [
            ("run", &["run", scenario, "-o", "one", "--out", "csv", "--out", junit, "--out", json][..]),
            ("run with JSON", &["run", scenario, "-o", "two", "--output-format", "json"]),
            ("run in a fresh directory", &["run", scenario]),
            ("try", &["try", scenario]),
            ("validate", &["validate", scenario]),
            ("ab", &["ab", &url, &url, scenario, "--rounds", "1", "-o", "ab"]),
            ("report", &["report", "one", "--baseline", "two"]),
            ("report as JSON", &["report", "one", "--output-format", "json"]),
            ("merge", &["merge", "one", "-o", "merged"]),
            ("compare", &["compare", "one", "--baseline", "two"]),
            ("compare as JSON", &["compare", "one", "--baseline", "two", "--output-format", "json"]),
        ] {
            let of_load = ["run", "try", "validate", "ab"].contains(&arguments[0]);
            let arguments = if of_load { [arguments, own].concat() } else { arguments.to_vec() };
            let output = secretive(root, &arguments).envs([region]).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(![Some(2), Some(104), None].contains(&output.status.code()), "{auth} {name}: {said}");
            assert_silent(&format!("{auth}: {name}"), &output);
        }
        for more in [&[][..], &["--json"], &["--read-only"]] {
            let arguments = [&["doctor", &url, "--auth", auth][..], more].concat();
            let output = secretive(root, &arguments).envs([region]).output().unwrap();
            assert_eq!(output.status.code(), Some(99), "{}", String::from_utf8_lossy(&output.stderr));
            assert_silent(&format!("{auth}: doctor {more:?}"), &output);
        }
        let files = assert_files_silent(root, &[&file]);
        assert!(files > 30, "{files} files are there to be read");
    }
    let sent: Vec<String> = server.requests().into_iter().flat_map(|request| [request.head, request.body]).collect();
    let sent = sent.concat();
    for (_, secret) in VARIABLES.iter().filter(|(name, _)| !["HUSH_NOBODYS", "HTTPS_PROXY", "RUST_LOG"].contains(name))
    {
        let sent_as = if secret.contains("filtered") { secret.to_uppercase() } else { (*secret).to_owned() };
        assert!(sent.contains(&sent_as) || secret.contains("aws-secret"), "{secret} was never sent");
    }
}

#[test]
fn metrics_tell_no_secret() {
    let server = Server::start(parrot);
    let scratch = Scratch::new();
    let url = format!("{}?code=hushhush-query", server.url);
    let file = scratch.write("order.toml", &endless().replace("URL", &url).replace("AUTH", "bearer"));
    let root = file.parent().unwrap();
    let arguments = ["run", file.to_str().unwrap(), "--prometheus", "127.0.0.1:0", "-o", "run"];
    let mut child = secretive(root, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let address = loop {
        let mut line = String::new();
        assert!(std::io::BufRead::read_line(&mut stderr, &mut line).unwrap() > 0, "{said}");
        said += &line;
        if let Some(rest) = line.trim().strip_prefix("metrics at http://") {
            break rest.strip_suffix("/metrics").unwrap().to_owned();
        }
    };
    server.wait_for(100);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics).unwrap();
    assert!(metrics.contains("# TYPE") && betrays(metrics.as_bytes()).is_none(), "{metrics}");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    stderr.read_to_string(&mut said).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(105), "{said}");
    assert_silent("a run with metrics", &Output { stderr: said.into_bytes(), ..output });
    assert_files_silent(root, &[&file]);
}

#[test]
fn the_embedded_endpoint_learns_no_secret() {
    let scratch = Scratch::new();
    let text = endless().replace("url = \"URL\"\n", "").replace("AUTH", "none");
    let file = scratch.write("order.toml", &text);
    let root = file.parent().unwrap();
    let arguments = ["run", file.to_str().unwrap(), "-o", "run"];
    let mut child = secretive(root, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 5];
    // The target is told as soon as it serves.
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let of_process = |file: &str| fs::read(format!("/proc/{}/task/{}/{file}", child.id(), child.id())).unwrap();
    let children = String::from_utf8(of_process("children")).unwrap();
    let children: Vec<&str> = children.split_whitespace().collect();
    assert!(!children.is_empty());
    for process in children {
        for part in ["cmdline", "environ"] {
            let told = fs::read(format!("/proc/{process}/{part}")).unwrap();
            assert_eq!(betrays(&told), None, "{part} of the child");
        }
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(105));
    assert_silent("an embedded run", &output);
    assert_files_silent(root, &[&file]);
    for arguments in [&["try", "order.toml"][..], &["validate", "order.toml"]] {
        let output = secretive(root, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_silent(arguments[0], &output);
    }
}

#[test]
fn no_mistake_is_answered_with_a_secret() {
    let scratch = Scratch::new();
    let root = scratch.write("unused", "").parent().unwrap().to_owned();
    let url = "http://127.0.0.1:9/x?code=hushhush-query";
    let header = |line: &str| format!("schema = 1\nname = \"x\"\n[target]\n{line}\n[load]\nexecutor = \"closed\"\n");
    let scenarios = [
        "headers = { authorization = \"Bearer hushhush\\n\" }",
        "headers = { authorization = \"Bearer hushhush }",
        "headers = \"authorization: Bearer hushhush\"",
        "headers = { authorization = \"hushhush {{ uuid() }}\" }",
        "authorization = \"Bearer hushhush\"",
        "auth = \"Bearer hushhush-bearer\"",
        "url = \"https://me:hushhush@127.0.0.1/x\"",
        "url = \"ftp://127.0.0.1/x?key=hushhush\"",
        "cookie = hushhush",
    ];
    let mut commands: Vec<Vec<String>> = Vec::new();
    for (number, line) in scenarios.iter().enumerate() {
        let file = scratch.write(&format!("{number}.toml"), &header(line)).to_str().unwrap().to_owned();
        commands.extend(["run", "try", "validate"].map(|command| vec![command.to_owned(), file.clone()]));
    }
    for words in [
        &["-H", "Authorization hushhush", "--url", url][..],
        &["-H", "Authorization: Bearer hushhush\r\nx: y", "--url", url],
        &["-H", "Authorization:", "Bearer", "hushhush", "--url", url],
        &["-H", "authorization:", "hushhush"],
        &["-H", "authorization hushhush: x", "--url", url],
        &["--haeder", "authorization: hushhush", "--url", url],
        &["--auth", "Bearer hushhush", "--url", url],
        &[url],
        &["https://me:hushhush@127.0.0.1:9/x"],
        &["--url", "https://me:hushhush@127.0.0.1:9/x"],
        &["--url", "https://127.0.0.1:99999/x?token=hushhush"],
        &["--proxy", "http://me:hushhush@127.0.0.1:9", "--url", url],
        &["--proxy", "me:hushhush@127.0.0.1:9", "--url", url],
        &["--proxy", "socks5://me:hushhush@127.0.0.1:9", "--url", url],
        &["--body", "{\"a\": \"{{ env('HUSH_BODY') | int }}\"}", "-n", "1", "--url", url],
        &["-H", "x: {{ env('HUSH_NOT_SET') }}", "-H", "token: hushhush", "--url", url],
    ] {
        for command in ["run", "try", "validate"] {
            commands.push([&[command], words].concat().iter().map(|word| (*word).to_owned()).collect());
        }
    }
    commands.push(["doctor", "https://me:hushhush@127.0.0.1:9/x"].map(str::to_owned).to_vec());
    commands.push(["ab", url, "https://me:hushhush@127.0.0.1:9/x", "-n", "1"].map(str::to_owned).to_vec());
    for words in commands {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = secretive(&root, &words).output().unwrap();
        assert!(!output.status.success() || words[0] == "validate", "{words:?}");
        assert!(!output.stderr.is_empty() || output.status.success(), "{words:?}");
        assert_silent(&format!("{words:?}"), &output);
    }
}

#[test]
fn neither_a_proxys_password_nor_our_own_key_is_told() {
    let scratch = Scratch::new();
    let (server, authority, certificate, key) = tls::careful_target();
    let path = |name: &str, text: &str| scratch.write(name, text).to_str().unwrap().to_owned();
    let (ca, cert, secret) = (path("ca.pem", &authority), path("cert.pem", &certificate), path("key.pem", &key));
    let root = Path::new(&ca).parent().unwrap().to_owned();
    let line = key.lines().nth(1).unwrap();
    // The proxy repeats what it was sent, and refuses.
    let proxy =
        Server::start(|request| Reply::LastBytes(answer(407, &request.head.replace("\r\n", " "), "", &request.head)));
    let proxy = proxy.url.split('/').nth(2).unwrap().to_owned();
    let url = tls::url(&server).replace("127.0.0.1", "target.test");
    let resolve = format!("target.test:{}:127.0.0.1", url.split([':', '/']).nth(4).unwrap());
    let trusted = ["--cacert", &ca, "--cert", &cert, "--key", &secret, "--url", &url, "--resolve", &resolve];
    for (command, proxied) in [("run", true), ("try", true), ("run", false), ("try", false)] {
        let through = format!("http://me:hushhush-proxy@{proxy}");
        let count: &[&str] = if command == "run" { &["-n", "3", "--rps", "100", "-o", "run"] } else { &[] };
        let mut asked = secretive(&root, &[&[command][..], &trusted, count].concat());
        if proxied {
            asked.env("HTTPS_PROXY", through)
        } else {
            asked.env_remove("HTTPS_PROXY")
        };
        let output = asked.output().unwrap();
        assert_silent(command, &output);
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains(line), "the key is told");
        let _ = fs::remove_dir_all(root.join("run"));
    }
    // A key that is none, and one that belongs to another certificate.
    let broken = path("broken.pem", &format!("-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n"));
    for wrong in [&broken, &ca] {
        let output = secretive(&root, &["try", "--cert", &cert, "--key", wrong, "--url", &url, "--resolve", &resolve]);
        let output = { output }.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(!output.status.success() && !String::from_utf8_lossy(&said).contains(line));
    }
}
