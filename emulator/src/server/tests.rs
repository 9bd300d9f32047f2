use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use super::*;

/// Answers with the request's own header names, and delivers as the path says.
struct Echo;

impl Handler for Echo {
    async fn handle(&self, request: Request, _source: IpAddr) -> Answer {
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| name).collect();
        let response = Response { status: 200, headers: vec![("x-Case".into(), names.join(","))], body: request.body };
        let delivery = match request.path.as_str() {
            "/cut" => Delivery { cut_after: Some(20), ..Delivery::default() },
            "/reset" => Delivery { cut_after: Some(0), reset: true, ..Delivery::default() },
            _ => Delivery::default(),
        };
        Answer { response, delivery }
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

fn server() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Server::start(&listener, 2, &Arc::new(Echo)).unwrap()
}

/// Sends bytes and reads until the server closes.
fn exchange(server: &Server, bytes: &[u8]) -> Result<String, ErrorKind> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.kind())?;
    Ok(answer)
}

#[test]
fn a_connection_serves_several_requests_and_header_names_keep_their_case() {
    let answer = exchange(
        &server(),
        b"POST / HTTP/1.1\r\nX-oDD: 1\r\nContent-Length: 1\r\n\r\naGET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    );
    let date = "Date: Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(
        answer.unwrap(),
        format!(
            "HTTP/1.1 200 OK\r\n{date}\r\nx-Case: X-oDD,Content-Length\r\nContent-Length: 1\r\n\
             Connection: keep-alive\r\n\r\na\
             HTTP/1.1 200 OK\r\n{date}\r\nx-Case: Connection\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    );
}

#[test]
fn a_cut_answer_ends_where_it_was_cut() {
    assert_eq!(exchange(&server(), b"GET /cut HTTP/1.1\r\n\r\n").unwrap(), "HTTP/1.1 200 OK\r\nDat");
}

#[test]
fn a_reset_is_seen_as_one() {
    assert_eq!(exchange(&server(), b"GET /reset HTTP/1.1\r\n\r\n"), Err(ErrorKind::ConnectionReset));
}

#[test]
fn a_malformed_request_is_answered_before_the_connection_ends() {
    let answer = exchange(&server(), b"what is this\r\n\r\n").unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.ends_with("Connection: close\r\n\r\nmalformed request"), "{answer}");
}

#[test]
fn a_server_stops_while_connections_are_idle() {
    let mut server = server();
    let mut idle = TcpStream::connect(server.address()).unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
    server.stop();
    assert_eq!(idle.read(&mut [0; 1024]).unwrap(), 0);
    let refused = TcpStream::connect(server.address()).map_err(|error| error.kind());
    assert!(matches!(refused, Err(ErrorKind::ConnectionRefused)), "{refused:?}");
}
