//! Recordings: what `loadgen doctor --record` writes of a deployment sets the emulator's switches to that deployment's ways.

use std::fs;
use std::path::Path;
use std::process::Command;

use stepgate_emulator::recording::Recording;
use stepgate_emulator::switches::{Switch, Switches};
use stepgate_emulator::{Emulator, Serving};

/// The corrected deployment or the one as posted, with one switch set.
fn switched(as_posted: bool, switch: Switch, turned: bool) -> Serving {
    let builder = Emulator::builder().switches(Switches::default().set(switch, turned));
    let builder = if as_posted { builder.as_posted() } else { builder.parameter("Auth", "NONE") };
    builder.build().unwrap().serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// What the doctor writes of an endpoint.
fn recorded(endpoint: &Serving, name: &str) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recording-{name}.json"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen-under-test"));
    let output = command.args(["doctor", endpoint.url(), "--record"]).arg(&file).env_clear().output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 99)), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(file).unwrap()
}

#[test]
fn a_recording_tells_which_way_each_switch_goes_that_it_can_decide() {
    for (switch, as_posted) in [
        (Switch::CallerRequestIds, false),
        (Switch::BodyParser, true),
        (Switch::ValidatorParser, false),
        (Switch::UnrenderableTemplate, true),
        (Switch::UnknownStage, false),
        (Switch::FrontDoor, false),
    ] {
        for turned in [false, true] {
            let name = format!("{}={}", switch.row().name, switch.way(turned));
            let text = recorded(&switched(as_posted, switch, turned), &name);
            let observations = Recording::read(&text).unwrap().observations();
            let shown = observations.iter().find(|it| it.switch == switch).map(|it| it.turned);
            assert_eq!(shown, Some(turned), "{name}: {observations:?}");
            let others: Vec<_> = observations.iter().filter(|it| it.switch != switch && it.turned).collect();
            assert!(others.is_empty(), "{name} turns {others:?} too");
        }
    }
}
