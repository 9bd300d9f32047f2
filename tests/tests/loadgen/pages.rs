//! `report.html`: written by the run, made anew from its directory, and safe to open whatever the target said.

use std::fs;
use std::path::Path;

use super::loadgen::{Run, Scratch, output};
use super::server::{Reply, Server, answer, named, uuid};

fn page(directory: &Path) -> String {
    fs::read_to_string(directory.join("report.html")).unwrap()
}

/// A run of a staged scenario with two payloads, of which some answers are failures.
fn run(server: &Server, name: &str) -> Run {
    let scratch = Scratch::new();
    let text = format!(
        "schema = 1\nname = \"{name}\"\n[load]\nexecutor = \"ramping-arrival-rate\"\nstart_rate = 100\nwarmup = \"1s\"\n\
         stages = [{{ name = \"calm\", target = 100, duration = \"1s\" }}, {{ name = \"rush\", target = 200, duration = \"2s\" }}]\n\
         [[payload]]\nname = \"order\"\njson = {{}}\n[[payload]]\nname = \"refund\"\njson = {{ r = 1 }}\n\
         [thresholds]\nresponse_time = [\"p(95)<1s\"]\n"
    );
    let path = scratch.write("paged.toml", &text);
    Run::of(&[path.to_str().unwrap(), "--url", &server.url])
}

fn target() -> Server {
    let throttled = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    Server::start(move |request| match request.number % 10 {
        0 => Reply::Bytes(answer(200, &uuid(request.number), "", throttled)),
        1 => Reply::Bytes(named(&uuid(request.number), "</td><script>alert(1)</script>")),
        _ => Reply::Bytes(named(&uuid(request.number), &uuid(request.number))),
    })
}

#[test]
fn the_page_of_a_run_is_rebuilt_to_the_last_letter() {
    let run = run(&target(), "paged");
    let own = page(&run.directory);
    for part in ["calm", "rush", "order", "refund", "throttled", "warm-up, not judged", "plot-processor", "p(95)&lt;1s"]
    {
        assert!(own.contains(part), "{part}");
    }
    output(&["report", run.directory.to_str().unwrap()]);
    assert!(own == page(&run.directory), "the rebuilt page is another one");
}

#[test]
fn what_a_target_says_is_text_on_the_page() {
    let run = run(&target(), "paged\" # </pre><script>alert(2)</script> \"");
    let own = page(&run.directory);
    assert_eq!(own.matches("<script").count(), 1, "the page's own script alone");
    assert!(own.contains("&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "the name of an execution, as text");
    assert!(own.contains("# &lt;/pre&gt;&lt;script&gt;"), "the scenario as written, as text");
}

#[test]
fn a_baseline_is_overlaid_and_the_shift_is_shown() {
    let server = target();
    let (before, after) = (run(&server, "before"), run(&server, "after"));
    let plain = page(&after.directory);
    assert!(plain.contains("No baseline was given"));
    let baseline = before.directory.to_str().unwrap();
    let ended = output(&["report", after.directory.to_str().unwrap(), "--baseline", baseline]);
    assert_eq!(ended.status.code(), Some(after.exit), "the verdict of the run, whatever it is compared with");
    let compared = page(&after.directory);
    assert!(compared.contains("response, baseline") && compared.contains("Baseline: before of"));
    let ended = output(&["report", after.directory.to_str().unwrap(), "--baseline", "nowhere"]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("there is no directory nowhere"));
}
