//! The dry run's scene on the local engine: the runner as a process of this machine, beside a server of its own or a given one.

use super::local::{Ground, Stage};
use super::scene::{HEALTHY_WITHIN, Scene, Serving, catalog_of, not_healthy};
use crate::console;
use crate::directus::Directus;
use crate::http;
use crate::process::{self, Env, Running};
use anyhow::Result;
use catalog::File;
use contract::Variables;
use contract::artefacts::SNAPSHOT;
use contract::env;
use snapshot::Snapshot;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long Directus may take to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// One stage, and the runner and artefacts that are tried on it.
pub(crate) struct LocalScene<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) stage: &'a Stage,
    pub(crate) root: &'a Path,
}

impl Scene for LocalScene<'_> {
    fn prepare(&self, variables: &[(&str, &str)]) -> Result<()> {
        let mut environment = self.stage.environment();
        environment.extend(super::consent()?);
        environment.extend(variables.iter().copied());
        process::run(
            "boot with the runner",
            &self.ground.runner,
            &["prepare"],
            Env::Only(environment),
            show,
        )?;
        Ok(())
    }

    fn catalog(&self) -> Result<File> {
        let environment = self.stage.environment().with(env::CATALOG, "off");
        let what = "read the catalog with the runner";
        catalog_of(&process::output_with(what, &self.ground.runner, &["catalog"], Env::Only(environment))?)
    }

    fn picture(&self) -> Result<String> {
        super::picture::take(self.stage)
    }

    fn start(&self) -> Result<Box<dyn Serving + '_>> {
        // Its imports run while the server starts.
        let bridge = self.stage.bridge(self.root)?;
        let server = serve(self.ground, self.stage, self.stage.environment())?;
        Ok(Box::new(Process { server, bridge, scene: self }))
    }

    fn how_to_connect(&self) -> Vec<String> {
        self.stage.how_to_connect()
    }

    fn stand_ins(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Directus under the runner, and a bridge of our own to the same database.
struct Process<'a> {
    server: Running,
    bridge: boot::Bridge,
    scene: &'a LocalScene<'a>,
}

impl Serving for Process<'_> {
    fn schema(&mut self) -> Result<Snapshot> {
        let path = serde_json::json!({ "path": self.scene.root.join(SNAPSHOT) });
        let diff = self.bridge.call("compare with the snapshot", "verify", path)?;
        boot::proof::applied(&diff["diff"], "compare with the snapshot")?;
        super::snapshot_of(&mut self.bridge)
    }

    fn directus(&self) -> Result<Directus> {
        let stage = self.scene.stage;
        Ok(Directus::connect(stage.address(), stage.login().credentials())?)
    }

    fn has_ended(&self) -> Result<bool> {
        Ok(self.server.ended()?.is_some())
    }

    fn stop(self: Box<Self>) -> Result<()> {
        self.bridge.close();
        let ended = self.server.stop(STOP_WITHIN)?;
        match ended.status.code() {
            Some(143) => Ok(()),
            _ => Err(ended.failure("stop Directus: expected exit code 143").into()),
        }
    }
}

/// `runner start` in an environment, until Directus is healthy.
///
/// # Errors
/// When Directus ends, or is not healthy in time.
pub(crate) fn serve(ground: &Ground, stage: &Stage, environment: Variables) -> Result<Running> {
    let server = process::start(&ground.runner, &["start"], Env::Only(environment), show)?;
    let began = Instant::now();
    let mut last = "nobody listens yet".to_owned();
    while began.elapsed() < HEALTHY_WITHIN {
        if server.ended()?.is_some() {
            return Err(server.wait()?.failure("start Directus with the runner").into());
        }
        match http::get(stage.address(), "/server/health") {
            Ok(answer) if answer.status == 200 && answer.body.contains("\"status\":\"ok\"") => {
                return Ok(server);
            }
            Ok(answer) => last = format!("{} {}", answer.status, answer.body.trim()),
            Err(error) => last = error.to_string(),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(not_healthy(&last).into())
}

/// The runner's own lines are the story; Directus' log is kept for the error.
pub(crate) fn show(line: &str) {
    if let Some(text) = line.strip_prefix("runner: ") {
        console::say(&format!("    {text}"));
    }
}
