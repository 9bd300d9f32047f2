//! The networks that exist: names with several addresses, proxies, large bodies, answers as servers give them, and a
//! machine that runs out of what connections need.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use super::loadgen::{Run, Running, Scratch, command, output};
use super::server::{Reply, Server, answer, started, uuid};
use super::tls;

/// The port of a server's URL.
fn port(server: &Server) -> u16 {
    server.url.split(['/', ':']).nth(4).unwrap().parse().unwrap()
}

/// The server under the name `target.test`.
fn named(server: &Server) -> String {
    server.url.replace("127.0.0.1", "target.test")
}

#[test]
fn an_address_that_refuses_costs_no_request_and_is_left_alone_for_a_while() {
    let server = Server::healthy();
    // Nobody listens on this port of the other addresses.
    let resolve = format!("target.test:{}:[::1],127.0.0.1,127.0.0.2", port(&server));
    for more in [&[][..], &["--disable-keepalive"]] {
        let arguments = ["--rps", "400", "-n", "80", "--resolve", &resolve, "--url", &named(&server)];
        let run = Run::of(&[&arguments[..], more].concat());
        assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(80)), "{more:?} {}", run.stdout);
    }
    assert_eq!(server.requests().len(), 160, "nothing is sent twice");
    let tried = output(&["try", "--resolve", &resolve, "--url", &named(&server)]);
    assert!(tried.status.success(), "{}", String::from_utf8_lossy(&tried.stderr));
}

#[test]
fn an_address_that_says_nothing_is_passed_by_without_waiting_for_its_time_out() {
    let server = Server::healthy();
    // A queue that is full: Linux leaves further attempts to connect unanswered.
    let deaf = TcpListener::bind(("127.0.0.3", port(&server))).unwrap();
    rustix::net::listen(&deaf, 0).unwrap();
    let mut held = Vec::new();
    for _ in 0..4 {
        let filling = begun(("127.0.0.3", port(&server)));
        held.push(filling);
    }
    let resolve = format!("target.test:{}:127.0.0.3,127.0.0.1", port(&server));
    let run = Run::of(&["--rps", "200", "-n", "40", "--resolve", &resolve, "--url", &named(&server)]);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(40)), "{}", run.stdout);
    let longest = run.summary["response_us"]["max"].as_u64().unwrap();
    assert!(longest < 10_000_000, "no request waits for the time-out of a connection: {longest}");
}

/// A connection that is begun and not waited for.
fn begun(address: (&str, u16)) -> rustix::fd::OwnedFd {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::NONBLOCK, None).unwrap();
    let address: std::net::SocketAddr = format!("{}:{}", address.0, address.1).parse().unwrap();
    // It is in progress, or refused for want of room: both fill the queue.
    let _ = connect(&socket, &address);
    socket
}

#[test]
fn connections_go_where_the_command_line_says_and_the_url_stays() {
    let server = Server::healthy();
    let to = format!("target.test:80:127.0.0.1:{}", port(&server));
    let run = Run::of(&["--rps", "400", "-n", "10", "--connect-to", &to, "--url", "http://target.test/test/execute"]);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.summary["run"]["target"], "http://target.test/test/execute");
    assert_eq!(server.requests()[0].header("host"), Some("target.test"));
    let own = ["-H", "Host: api.private.test", "--rps", "400", "-n", "10", "--url", &server.url];
    assert_eq!(Run::of(&own).exit, 0);
    let heads: Vec<String> = server.requests().into_iter().skip(10).map(|request| request.head).collect();
    assert!(heads.iter().all(|head| head.matches("host: ").count() == 1), "{heads:?}");
    assert!(heads.iter().all(|head| head.contains("host: api.private.test\r\n")), "{heads:?}");
}

#[test]
fn headers_that_loadgen_writes_itself_are_refused_wherever_they_stand() {
    for header in ["Content-Length: 1", "transfer-encoding: chunked", "Connection: close", "X-Amz-Date: now"] {
        for command in [&["run", "-n", "1"][..], &["try"], &["validate", "-n", "1"]] {
            let ended = output(&[command, &["-H", header, "--url", "http://127.0.0.1:1/x"]].concat());
            let said = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(2), "{command:?} {header}: {said}");
            assert!(said.contains("is set by loadgen itself"), "{said}");
        }
    }
}

#[test]
fn an_answer_with_a_hundred_headers_is_an_answer() {
    let server = Server::start(|request| {
        let more = (0..100).fold(String::new(), |more, n| more + &format!("x-hop-{n}: {n}\r\n"));
        let id = uuid(request.number);
        let body = format!("{{\"executionArn\":\"arn:aws:states:us-east-1:1:execution:W:{id}\",\"startDate\":1.5E9}}");
        Reply::Bytes(answer(200, &id, &more, &body))
    });
    let run = Run::of(&["--rps", "400", "-n", "20", "--url", &server.url]);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(20)), "{}", run.stdout);
}

#[test]
fn a_refusal_before_the_body_was_sent_is_read_and_counted_as_what_it_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || refuse_early(stream).ok());
        }
    });
    let scratch = Scratch::new();
    let body = scratch.write("body", &format!("\"{}\"", "x".repeat(4 << 20)));
    let body = format!("@{}", body.to_str().unwrap());
    let run = Run::of(&["--rps", "200", "-n", "10", "-D", &body, "--url", &url]);
    assert_eq!(run.summary["outcomes"]["failed"], json!({"rejected": 10}), "{}", run.stdout);
    run.assert_conserved();
}

/// Answers when the head has come, reads no further, and closes.
fn refuse_early(stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line)?;
    }
    reader.get_mut().write_all(&answer(413, &uuid(0), "Connection: close\r\n", "{\"message\":\"Request Too Long\"}"))
}

#[test]
fn bodies_as_large_as_step_functions_takes_them_pass_over_tls() {
    let (server, certificate) = tls::target();
    let scratch = Scratch::new();
    let file = scratch.write("ca.pem", &certificate);
    let body = scratch.write("body", &format!("\"{}\"", "x".repeat(262_000)));
    let (file, body) = (file.to_str().unwrap(), format!("@{}", body.to_str().unwrap()));
    let url = tls::url(&server);
    let run = Run::of(&["--rps", "100", "-n", "10", "-D", &body, "--cacert", file, "--timeout", "20s", "--url", &url]);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(10)), "{}{}", run.stdout, run.stderr);
    assert!(server.requests().iter().all(|request| request.body.len() == 262_002));
    let tried = output(&["try", "-D", &body, "--cacert", file, "--url", &url]);
    assert!(tried.status.success());
}

#[test]
fn limits_that_threads_share_are_never_more_than_asked_for() {
    for limit in [&["--closed", "2"][..], &["-c", "1", "--rps", "2000"]] {
        let server = Server::healthy();
        let run = Run::of(&[limit, &["-n", "60", "--threads", "4", "--url", &server.url]].concat());
        let most = limit[1].parse::<u64>().unwrap();
        assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(60)), "{}", run.stdout);
        assert!(server.connections() <= most, "{limit:?}: {} connections", server.connections());
    }
}

#[test]
fn without_descriptors_requests_wait_or_stay_unsent_and_the_target_is_not_blamed() {
    // Each answer comes when twenty more requests have arrived: they never do over the few connections that there are.
    let server = Server::start(|request| Reply::Bytes(started(&uuid(request.number))));
    let limited = |limit: u32, arguments: &[&str]| {
        let scratch = Scratch::new();
        let directory = scratch.path("run");
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(format!("ulimit -n {limit}; exec \"$0\" \"$@\""));
        shell.arg(command(&[]).get_program()).args(arguments).args(["--url", &server.url, "-o"]).arg(&directory);
        let ended = shell.env_remove("STEPGATE_URL").output().unwrap();
        let summary = std::fs::read_to_string(directory.join("summary.json"));
        let stderr = String::from_utf8(ended.stderr).unwrap();
        let summary: Value = serde_json::from_str(&summary.unwrap_or_else(|e| panic!("{e}: {stderr}"))).unwrap();
        (summary, stderr)
    };
    let (summary, stderr) = limited(40, &["--rps", "2000", "-n", "400"]);
    assert!(stderr.contains("at most ") && stderr.contains("ulimit -n"), "{stderr}");
    assert_eq!(summary["outcomes"]["failed"], json!({}), "{summary:#}");
    let (sent, unsent) = (&summary["plan"]["sent"], &summary["plan"]["unsent"]);
    assert_eq!(sent.as_u64().unwrap() + unsent.as_u64().unwrap(), 400);
}

#[test]
fn a_process_that_was_stopped_for_a_while_says_so() {
    let (arrived, twentieth) = mpsc::channel();
    let server = Server::start(move |request| {
        if request.number == 20 {
            // The test may have ended.
            let _ = arrived.send(());
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let running = Running::start(&["--rps", "100", "-d", "2s", "--url", &server.url]);
    twentieth.recv().unwrap();
    running.signal("STOP");
    // How long it stands still is the point: longer than what is told as a pause.
    let (_never, later) = mpsc::channel::<()>();
    let _ = later.recv_timeout(std::time::Duration::from_millis(700));
    running.signal("CONT");
    let run = running.wait();
    let pauses = &run.summary["pauses"];
    assert!(pauses["count"].as_u64().unwrap() >= 1, "{pauses}");
    assert!(pauses["longest_us"].as_u64().unwrap() > 400_000, "{pauses}");
    assert!(run.stdout.contains("paused"), "{}", run.stdout);
    let page = std::fs::read_to_string(run.directory.join("report.html")).unwrap();
    assert!(page.contains("The generator was paused") && page.contains("class=\"pause\""));
}

#[test]
fn a_proxy_carries_a_whole_run_and_sees_only_where_it_goes() {
    let (server, certificate) = tls::target();
    let (asked, questions) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let asked = asked.clone();
            thread::spawn(move || tunnel(stream, &asked).ok());
        }
    });
    let scratch = Scratch::new();
    let file = scratch.write("ca.pem", &certificate);
    let (file, url) = (file.to_str().unwrap(), tls::url(&server));
    let run = Run::of(&["--rps", "400", "-n", "40", "--proxy", &proxy, "--cacert", file, "--url", &url]);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(40)), "{}{}", run.stdout, run.stderr);
    let head: String = questions.recv().unwrap();
    let host = format!("127.0.0.1:{}", port(&server));
    assert_eq!(head, format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    // A proxy that refuses is not the target, and its words are told.
    let refusing = Server::start(|_| Reply::LastBytes(answer(407, &uuid(0), "", "{}")));
    let refusing = refusing.url.split("/test").next().unwrap().to_owned();
    let tried = output(&["try", "--proxy", &refusing, "--cacert", file, "--url", &url]);
    let said = String::from_utf8(tried.stderr).unwrap();
    assert!(said.contains("the proxy answers 407"), "{said}");
    let password = output(&["try", "--proxy", "http://me:secret@127.0.0.1:1", "--url", &url]);
    let said = String::from_utf8(password.stderr).unwrap();
    assert!(password.status.code() == Some(2) && said.contains("HTTPS_PROXY") && !said.contains("secret"), "{said}");
}

/// Lets bytes through to where the head of the first request says.
fn tunnel(stream: TcpStream, asked: &mpsc::Sender<String>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head)?;
    }
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    // The test may have seen enough.
    let _ = asked.send(head);
    let mut target = TcpStream::connect(target)?;
    let mut answers = target.try_clone()?;
    let mut back = stream;
    back.write_all(b"HTTP/1.1 200 Connection established\r\nContent-Length: 7\r\n\r\n")?;
    thread::spawn(move || io::copy(&mut answers, &mut back));
    let mut buffer = [0; 16 << 10];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(()),
            length => target.write_all(&buffer[..length])?,
        }
    }
}

#[test]
fn an_unverified_certificate_is_said_in_every_output() {
    let (server, _) = tls::target();
    let scratch = Scratch::new();
    let junit = scratch.path("junit.xml");
    let out = format!("junit={}", junit.to_str().unwrap());
    let run = Run::of(&["--rps", "400", "-n", "20", "-k", "--out", &out, "--url", &tls::url(&server)]);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    let warning = "CERTIFICATE NOT VERIFIED (--insecure)";
    let read = |file: &std::path::Path| std::fs::read_to_string(file).unwrap();
    for text in [
        run.stdout.clone(),
        read(&run.directory.join("summary.json")),
        read(&run.directory.join("manifest.json")),
        read(&run.directory.join("report.html")),
        read(&junit),
    ] {
        assert!(text.contains(warning), "{text}");
    }
    let tried = output(&["try", "--insecure", "--url", &tls::url(&server)]);
    assert!(String::from_utf8(tried.stdout).unwrap().contains(warning));
}

#[test]
fn a_target_that_asks_for_a_certificate_gets_ours() {
    let (server, authority, certificate, key) = tls::careful_target();
    let scratch = Scratch::new();
    let path = |name: &str, text: &str| scratch.write(name, text).to_str().unwrap().to_owned();
    let (ca, cert, key) = (path("ca.pem", &authority), path("cert.pem", &certificate), path("key.pem", &key));
    let url = tls::url(&server);
    let with = ["--rps", "400", "-n", "20", "--cacert", &ca, "--cert", &cert, "--key", &key, "--url", &url];
    let run = Run::of(&with);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(20)), "{}{}", run.stdout, run.stderr);
    let without = Run::of(&["--rps", "400", "-n", "5", "--cacert", &ca, "--url", &url]);
    assert_eq!((without.exit, &without.summary["outcomes"]["started"]), (99, &json!(0)), "{}", without.stdout);
}
