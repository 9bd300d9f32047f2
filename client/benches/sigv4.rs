//! CPU time and heap allocations per signature: the prepared signer beside the ordinary one and bare `aws-sigv4`.
//!
//! `cargo bench -p stepgate --bench sigv4`. Time is that of the thread on the CPU. Each figure comes from rounds that take
//! turns, so that a slow spell of the machine meets all alike; allocations are counted in a round of their own.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, SystemTime};
use stepgate::sigv4::{Prepared, Scope, Signer};

const ROUNDS: usize = 15;
const ROUND_NANOSECONDS: f64 = 20e6;
const URL: &str = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/execute";

type Contender<'a> = (&'static str, Box<dyn FnMut(SystemTime) + 'a>);

fn main() -> Result<(), Box<dyn Error>> {
    println!("{:<34} {:>7} {:>6} {:>9} {:>9} {:>7}", "signature", "body", "token", "median ns", "best ns", "allocs");
    for (length, token) in [(152, None), (152, Some("t".repeat(800))), (1_024, None), (65_536, None)] {
        let body = vec![b'x'; length];
        let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token.clone(), None, "bench");
        for (name, nanoseconds, allocations) in measure(contenders(&body, &credentials)?) {
            let median = nanoseconds[nanoseconds.len() / 2];
            let token = if token.is_some() { "yes" } else { "no" };
            println!("{name:<34} {length:>7} {token:>6} {median:>9.0} {:>9.0} {allocations:>7.1}", nanoseconds[0]);
        }
    }
    Ok(())
}

fn contenders<'a>(body: &'a [u8], credentials: &'a Credentials) -> Result<Vec<Contender<'a>>, Box<dyn Error>> {
    let request = http::Request::post(URL).header("content-type", "application/json").body(body)?;
    let scope = Scope::execute_api("eu-west-1");
    let mut prepared = Prepared::new(scope.clone(), &request, credentials.clone())?;
    let mut each_second = prepared.clone();
    let mut buffer = Vec::with_capacity(4096);
    let signer = Signer::new(scope);
    let identity = credentials.clone().into();
    let mut second = 0;
    Ok(vec![
        (
            "Prepared",
            Box::new(move |now| {
                buffer.clear();
                if let Ok(signed) = prepared.sign(black_box(body), now) {
                    buffer.extend_from_slice(signed.lines());
                }
                black_box(&buffer);
            }),
        ),
        (
            "Prepared, a new second each time",
            Box::new(move |now| {
                second = (second + 1) % 1_000;
                let time = now + Duration::from_secs(second);
                black_box(each_second.sign(black_box(body), time).is_ok());
            }),
        ),
        (
            "Signer (with a clone to sign)",
            Box::new(move |now| {
                let mut request = request.clone();
                black_box(signer.sign(&mut request, credentials, now).is_ok());
                black_box(request);
            }),
        ),
        (
            "aws-sigv4 sign(), default settings",
            Box::new(move |now| {
                let params = SigningParams::builder()
                    .identity(&identity)
                    .region("eu-west-1")
                    .name(Scope::EXECUTE_API)
                    .time(now)
                    .settings(SigningSettings::default())
                    .build();
                let headers = [("content-type", "application/json")].into_iter();
                let request = SignableRequest::new("POST", URL, headers, SignableBody::Bytes(black_box(body)));
                if let (Ok(params), Ok(request)) = (params, request) {
                    black_box(sign(request, &params.into()).is_ok());
                }
            }),
        ),
    ])
}

/// Each contender's name, sorted nanoseconds per call, and allocations per call.
fn measure(mut contenders: Vec<Contender>) -> Vec<(&'static str, Vec<f64>, f64)> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
    let mut nanoseconds = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, call), nanoseconds) in contenders.iter_mut().zip(&mut nanoseconds) {
            let start = cpu_time();
            let mut calls = 0_u32;
            while cpu_time() - start < ROUND_NANOSECONDS {
                (0..64).for_each(|_| call(now));
                calls += 64;
            }
            nanoseconds.push((cpu_time() - start) / f64::from(calls));
        }
    }
    contenders
        .iter_mut()
        .zip(nanoseconds)
        .map(|((name, call), mut nanoseconds)| {
            nanoseconds.sort_by(f64::total_cmp);
            let counted = allocation_counter::measure(|| (0..100).for_each(|_| call(now)));
            (*name, nanoseconds, counted.count_total as f64 / 100.0)
        })
        .collect()
}

/// What this thread has spent on a CPU, in nanoseconds.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
