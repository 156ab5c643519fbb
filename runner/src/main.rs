//! The image's entrypoint. Brings the database to what the release says, proves it, and runs Directus under itself.

mod arguments;
mod init;
mod say;

use arguments::{Command, USAGE};
use boot::settings::process_environment;
use boot::{Boot, BootSettings, Event, Interrupt};
use contract::{Exit, Outcome};
use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = arguments::parse(std::env::args().skip(1)).and_then(run).unwrap_or_else(|failure| {
        say::line(failure.render().trim_end());
        failure.exit
    });
    exit.into()
}

fn run(command: Command) -> Outcome<Exit> {
    match command {
        Command::Help => say::result(USAGE),
        Command::Version => say::result(concat!("runner ", env!("CARGO_PKG_VERSION"))),
        Command::Plan => return plan(),
        Command::Prepare => return prepare(),
        Command::Start => return start(),
    }
    Ok(Exit::Done)
}

fn plan() -> Outcome<Exit> {
    let settings = settings()?;
    let plan = Boot::new(&settings, &Interrupt::default()).plan(&mut tell)?;
    let decision = plan.decision;
    say::result(&format!("{:<10}  release {}: {}", decision.route.word(), plan.release, decision.reason));
    decision.notes.iter().for_each(|note| say::result(&format!("note        {note}")));
    for step in plan.steps {
        let verb = if step.action == boot::plan::Action::Do { "do" } else { "skip" };
        say::result(&format!("{verb:<4}  {:<7}  {}", step.kind.word(), step.reason));
    }
    Ok(Exit::Done)
}

fn prepare() -> Outcome<Exit> {
    let settings = settings()?;
    let interrupt = Interrupt::default();
    init::listen(&interrupt, settings.stop_wait_s)?;
    Boot::new(&settings, &interrupt).prepare(&mut tell)?.end();
    say::line("runner: prepared");
    Ok(Exit::Done)
}

fn start() -> Outcome<Exit> {
    let settings = settings()?;
    let interrupt = Interrupt::default();
    init::listen(&interrupt, settings.stop_wait_s)?;
    let mut prepared = Boot::new(&settings, &interrupt).prepare(&mut tell)?;
    let answer = prepared.serve();
    let bridge = prepared.bridge;
    if let Some(signal) = interrupt.signal() {
        drop(bridge);
        return Ok(init::ended_by(signal));
    }
    say::line(&format!("runner: serving at {}", address(&answer?["address"])));
    let (pid, connection) = bridge.into_server();
    let exit = init::supervise(pid);
    // Open until here: the bridge would end if it took us for gone.
    drop(connection);
    Ok(exit)
}

/// What Node says of a listening server: a socket's path, or host and port.
fn address(address: &serde_json::Value) -> String {
    match (address.as_str(), address["address"].as_str(), address["port"].as_u64()) {
        (Some(path), _, _) => path.to_owned(),
        (_, Some(host), Some(port)) if host.contains(':') => format!("http://[{host}]:{port}"),
        (_, Some(host), Some(port)) => format!("http://{host}:{port}"),
        _ => address.to_string(),
    }
}

fn settings() -> Outcome<BootSettings> {
    BootSettings::from_environment(process_environment()?)
}

fn tell(event: Event) {
    match event {
        // Said at its end, with its time.
        Event::Begin { .. } => {}
        Event::Doing(text) | Event::Note(text) => say::line(&format!("runner: {text}")),
        Event::Done { step, what, elapsed } => {
            say::line(&format!("runner: {step:<7} {what} ({:.2} s)", elapsed.as_secs_f64()));
        }
    }
}
