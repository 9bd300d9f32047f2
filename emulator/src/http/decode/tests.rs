use proptest::prelude::*;

use super::*;

/// Feeds bytes in pieces of `step` and collects the requests.
fn decoded(bytes: &[u8], step: usize) -> Result<Vec<Request>, BadRequest> {
    let mut decoder = Decoder::default();
    let mut requests = Vec::new();
    for piece in bytes.chunks(step) {
        decoder.buffer().extend_from_slice(piece);
        while let Decoded::Request { request, .. } = decoder.decode()? {
            requests.push(request);
        }
    }
    Ok(requests)
}

const TWO: &[u8] =
    b"POST /a HTTP/1.1\r\nHost: h\r\nX-B: c\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n3;x=y\r\na\"}\r\n0\r\nT: r\r\n\r\n\
    GET /d HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn requests_are_the_same_however_the_network_cuts_them() {
    let whole = decoded(TWO, TWO.len()).unwrap();
    assert_eq!((whole.len(), &whole[0].body[..], whole[1].path.as_str()), (2, &b"{\"a\"}"[..], "/d"));
    for step in 1..TWO.len() {
        assert_eq!(decoded(TWO, step).unwrap(), whole, "in pieces of {step}");
    }
}

#[test]
fn a_request_is_taken_without_moving_those_that_came_with_it() {
    let one = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";
    let mut decoder = Decoder::default();
    decoder.buffer().extend(one.repeat(1_000));
    let begin = decoder.buffer.as_ptr();
    for number in 1..=1_000 {
        assert!(matches!(decoder.decode(), Ok(Decoded::Request { .. })), "{number}");
        assert_eq!((decoder.buffer.as_ptr(), decoder.taken), (begin, number * one.len()));
    }
    assert!(decoder.is_empty());
    decoder.buffer().extend(b"GET / H");
    assert_eq!((decoder.taken, decoder.rest()), (0, &b"GET / H"[..]), "dropped before more comes");
}

#[test]
fn of_a_large_request_little_room_is_kept_even_if_another_came_with_it() {
    let mut decoder = Decoder::default();
    let large = [b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n".to_vec(), vec![b'x'; 9_000_000]];
    decoder.buffer().extend(large.concat());
    decoder.buffer().extend(b"GET / H");
    assert!(matches!(decoder.decode(), Ok(Decoded::Request { .. })));
    assert!(decoder.buffer().capacity() <= KEPT && decoder.rest() == b"GET / H");
}

#[test]
fn a_caller_that_waits_is_told_to_continue_once() {
    let mut decoder = Decoder::default();
    decoder
        .buffer()
        .extend_from_slice(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_eq!(decoder.decode(), Ok(Decoded::Continue));
    assert_eq!(decoder.decode(), Ok(Decoded::Incomplete));
    decoder.buffer().extend_from_slice(b"{}");
    assert!(matches!(decoder.decode(), Ok(Decoded::Request { .. })));
}

#[test]
fn the_connection_is_kept_as_the_caller_wants() {
    for (head, wanted) in [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
    ] {
        let mut decoder = Decoder::default();
        decoder.buffer().extend_from_slice(head.as_bytes());
        let Ok(Decoded::Request { keep_alive, .. }) = decoder.decode() else { panic!("{head:?} is whole") };
        assert_eq!(keep_alive, wanted, "{head:?}");
    }
}

#[test]
fn a_request_that_contradicts_itself_is_refused() {
    for (bytes, status) in [
        (&b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"[..], 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\n{}", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"not http\r\n\r\n", 400),
    ] {
        assert_eq!(decoded(bytes, bytes.len()).unwrap_err().status, status, "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_target_may_name_scheme_and_host() {
    for (target, path, query) in [
        ("http://api.example/prod/execute?a=b", "/prod/execute", "a=b"),
        ("HTTPS://api.example", "/", ""),
        ("http://api.example?a=b", "/", "a=b"),
        ("/prod/execute?u=http://x/y", "/prod/execute", "u=http://x/y"),
    ] {
        let bytes = format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
        let requests = decoded(bytes.as_bytes(), bytes.len()).unwrap();
        assert_eq!((requests[0].path.as_str(), requests[0].query.as_str()), (path, query), "{target}");
    }
}

#[test]
fn a_head_that_drips_in_is_parsed_a_few_times_only() {
    let head = format!("GET / HTTP/1.1\r\nHost: h\r\nA: {}\r\n\r\n", "x".repeat(10_000));
    let mut decoder = Decoder::default();
    let mut parsed = std::collections::BTreeSet::new();
    for byte in head.bytes() {
        decoder.buffer().push(byte);
        let complete = matches!(decoder.decode(), Ok(Decoded::Request { .. }));
        parsed.insert(decoder.parsed);
        assert_eq!(complete, decoder.buffer().is_empty());
    }
    assert!(parsed.len() < 20, "{parsed:?}");
}

#[test]
fn a_chunked_body_takes_no_more_memory_than_it_has_bytes() {
    let mut decoder = Decoder::default();
    decoder.buffer().extend_from_slice(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..10_000 {
        decoder.buffer().extend_from_slice(b"1;x\r\na\r\n");
        if decoder.decode().is_err() {
            return;
        }
        assert!(decoder.buffer().len() < 16, "what has been read is gone from the buffer");
    }
    panic!("extensions without end are taken");
}

#[test]
fn a_head_without_end_is_refused() {
    let bytes = [b"GET / HTTP/1.1\r\nA: ".to_vec(), vec![b'x'; MOST_HEAD]].concat();
    assert_eq!(decoded(&bytes, bytes.len()).unwrap_err().status, 431);
    let whole = [b"GET /".to_vec(), vec![b'x'; MOST_HEAD], b" HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()].concat();
    assert_eq!(decoded(&whole, whole.len()).unwrap_err().status, 431, "one that arrives whole, too");
    let fields = vec![[b"A: ".to_vec(), vec![b'x'; MOST_HEAD / 64], b"\r\n".to_vec()].concat(); 65].concat();
    let whole = [b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec(), fields, b"\r\n".to_vec()].concat();
    assert_eq!(decoded(&whole, whole.len()).unwrap_err().status, 431);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), step in 1usize..40) {
        let _ = decoded(&bytes, step);
    }

    #[test]
    fn no_bytes_after_a_chunked_head_make_it_panic(body in "[0-9a-f\r\n;:x]{0,200}", step in 1usize..40) {
        let request = format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        let _ = decoded(request.as_bytes(), step);
    }
}

#[test]
fn a_request_comes_out_once_all_of_its_bytes_went_in() {
    let mut decoder = Decoder::default();
    decoder.buffer().extend_from_slice(b"POST /prod/execute?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{");
    assert_eq!(decoder.decode().unwrap(), Decoded::Incomplete);
    decoder.buffer().extend_from_slice(b"}");
    let Decoded::Request { request, keep_alive } = decoder.decode().unwrap() else { panic!("it is complete") };
    assert_eq!(
        (request.path.as_str(), request.query.as_str(), &request.body[..]),
        ("/prod/execute", "a=b", &b"{}"[..])
    );
    assert!(keep_alive);
}
