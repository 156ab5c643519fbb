//! The image's entrypoint. Brings the database to what the release says, proves it, and runs Directus under itself.

mod arguments;
mod healthcheck;
mod init;
mod presence;
mod say;
mod status;
mod tell;

use arguments::{Command, Output};
use boot::plan::Route;
use boot::settings::process_environment;
use boot::{Boot, BootSettings, Event, Interrupt};
use contract::env::{COMMIT, Environment};
use contract::{Commit, Exit, Outcome, commit};
use presence::{Address, Presence};
use std::process::ExitCode;
use tell::Style;

fn main() -> ExitCode {
    let mut style = Style::default();
    let exit = run(&mut style).unwrap_or_else(|failure| {
        style.failure(&failure);
        failure.exit
    });
    exit.into()
}

fn run(style: &mut Style) -> Outcome<Exit> {
    let command = arguments::parse(std::env::args().skip(1))?;
    match command {
        Command::Help(text) => say::result(text),
        Command::Version => {
            let commit = std::env::var(COMMIT).ok().and_then(|text| Commit::parse(&text));
            let runner = commit::recorded(env!("CARGO_PKG_VERSION"), commit.as_ref());
            say::result(&format!("runner {}", commit::told(&runner)));
        }
        _ => {
            let environment = process_environment()?;
            *style = Style::from_environment(&environment)?;
            return perform(command, environment, *style);
        }
    }
    Ok(Exit::Done)
}

fn perform(command: Command, environment: Environment, style: Style) -> Outcome<Exit> {
    if let Command::Healthcheck { live } = command {
        return healthcheck::run(&environment, live);
    }
    if let Command::ImageCheck { json } = command {
        return image_check(environment, json);
    }
    let settings = BootSettings::from_environment(environment)?;
    match command {
        Command::Snapshot => snapshot(&settings),
        Command::Catalog => catalog(&settings, style),
        Command::Plan(output) => plan(&settings, output, style),
        Command::Status(output) => status(&settings, output, style),
        Command::Prepare => prepare(&settings, style),
        _ => start(&settings, style),
    }
}

fn plan(settings: &BootSettings, output: Output, style: Style) -> Outcome<Exit> {
    let plan = Boot::new(settings, &Interrupt::default()).plan(&mut |event| style.event(event))?;
    if output.json {
        say::result(&status::plan_json(&plan).to_string());
    } else {
        status::plan_text(&plan);
    }
    let to_do = matches!(plan.decision.route, Route::Full(_));
    Ok(if output.check && to_do { Exit::Differences } else { Exit::Done })
}

fn status(settings: &BootSettings, output: Output, style: Style) -> Outcome<Exit> {
    let status = Boot::new(settings, &Interrupt::default()).status(&mut |event| style.event(event))?;
    if output.json {
        say::result(&status::to_json(&status).to_string());
    } else {
        status::text(&status);
    }
    Ok(if output.check && !status.is_settled() { Exit::Differences } else { Exit::Done })
}

fn snapshot(settings: &BootSettings) -> Outcome<Exit> {
    let schema = Boot::new(settings, &Interrupt::default()).live_schema()?;
    say::result(&schema.to_string());
    Ok(Exit::Done)
}

fn catalog(settings: &BootSettings, style: Style) -> Outcome<Exit> {
    let catalog = Boot::new(settings, &Interrupt::default()).catalog(&mut |event| style.event(event))?;
    say::result(catalog.to_text().trim_end());
    Ok(Exit::Done)
}

fn image_check(environment: Environment, json: bool) -> Outcome<Exit> {
    let image = boot::image::check(environment)?;
    say::result(&if json { status::image_json(&image).to_string() } else { status::image_text(&image) });
    Ok(Exit::Done)
}

fn prepare(settings: &BootSettings, style: Style) -> Outcome<Exit> {
    let (interrupt, presence) = attend(settings, style)?;
    Boot::new(settings, &interrupt).prepare(&mut |event| tell(event, style, &presence))?.end();
    style.state("prepared", "");
    Ok(Exit::Done)
}

fn start(settings: &BootSettings, style: Style) -> Outcome<Exit> {
    let (interrupt, presence) = attend(settings, style)?;
    let mut prepared = Boot::new(settings, &interrupt).prepare(&mut |event| tell(event, style, &presence))?;
    presence.step("start");
    let answer = prepared.serve();
    let bridge = prepared.bridge;
    if let Some(signal) = interrupt.signal() {
        drop(bridge);
        return Ok(init::ended_by(signal));
    }
    style.state("serving", &format!("at {}", address(&answer?["address"])));
    presence.serves();
    Ok(init::supervise(bridge.into_server()))
}

/// Listens for signals, and for whoever asks what this runner is doing.
fn attend(settings: &BootSettings, style: Style) -> Outcome<(Interrupt, Presence)> {
    let interrupt = Interrupt::default();
    init::listen(&interrupt, settings.stop_wait_s)?;
    let (presence, heard) = Presence::announce(&Address::from_environment(&settings.environment)?);
    if !heard {
        let text = "another runner with this address is on this host: `runner healthcheck` hears that one";
        style.event(Event::Note(text.to_owned()));
    }
    Ok((interrupt, presence))
}

fn tell(event: Event, style: Style, presence: &Presence) {
    match &event {
        Event::Begin { step, .. } => presence.step(step),
        Event::Doing(text) => presence.step(text),
        _ => {}
    }
    style.event(event);
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
