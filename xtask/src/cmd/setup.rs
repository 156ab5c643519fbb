//! Fetches ahead of time what the local engine needs, and says what lies where.

use crate::console;
use contract::Exit;
use serde_json::json;
use std::path::{Path, PathBuf};
use testbed::{Cache, disk};

/// Fetch everything the local engine needs, ahead of time.
///
/// Postgres 17 with TimescaleDB and PostGIS comes from Debian, Node and Directus from the npm registry, as package.json and its lock file
/// pin them. All of it goes to one cache folder outside the checkout; nothing is installed on the system, except that root on a
/// machine with apt-get gets mmdebstrap and bubblewrap when they are missing, and is told so. Takes two to three minutes and
/// about 3 GB while at work, once; what is there already is not fetched again.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  cargo xtask setup                               fetch what is missing
  XTASK_CACHE_DIR=/mnt/cache cargo xtask setup    to another disk
  cargo xtask setup --json | jq -r .directus.dir

Environment:
  XTASK_CACHE_DIR       where it goes; default $XDG_CACHE_HOME/trm-directus, else ~/.cache/trm-directus
  XTASK_DEBIAN_MIRROR   a Debian mirror to take instead of the default one
  npm reads its own settings: registry, proxy, cache")]
pub(crate) struct Args {
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// Provisions, then prints where everything is and how large.
pub(crate) fn run(args: Args, root: &Path) -> anyhow::Result<Exit> {
    let cache = Cache::open()?;
    let (postgres, directus) = testbed::provision_all(&cache, root, &crate::console::progress())?;
    let postgres_version = postgres.version()?;
    // What the tests have fetched for themselves is theirs.
    let of_tests = testbed::embedded_parts(&cache);
    let mut used: Vec<&Path> = of_tests.iter().map(PathBuf::as_path).collect();
    used.extend([postgres.dir(), &directus.dir].into_iter().chain(directus.prelinked.as_deref()));
    let others = cache.other_parts(&used)?;
    if args.json {
        let part = |version: &str, dir: &Path| json!({ "version": version, "dir": dir, "bytes": disk::used_bytes(dir) });
        let mut directus_part = part(&directus.version, &directus.dir);
        directus_part["node"] = json!(directus.node);
        directus_part["prelinked"] = json!(directus.prelinked);
        let result = json!({
            "cache": cache.dir(),
            "postgres": part(&postgres_version, postgres.dir()),
            "directus": directus_part,
            "others": others,
        });
        console::result(&serde_json::to_string_pretty(&result)?);
        return Ok(Exit::Done);
    }
    console::result(&line(&postgres_version, postgres.dir()));
    console::result(&line(&format!("Directus {}", directus.version), &directus.dir));
    for other in &others {
        console::say(&format!("not used by this checkout: {}", line("", other).trim_start()));
    }
    Ok(Exit::Done)
}

fn line(what: &str, dir: &Path) -> String {
    format!("{what}  {}  {}", disk::human(disk::used_bytes(dir)), dir.display())
}
