//! Names and versions that are this team's and not the tool's, as `[workspace.metadata.project]` of the root `Cargo.toml` says them:
//! once, for people, for cargo and for us. Read when this crate is compiled, so a changed pin needs no second place.

use serde::Deserialize;
use std::sync::LazyLock;

/// What that section says, as far as the local engine cares.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub struct Pins {
    /// The project's name; the cache folder has it.
    pub name: String,
    /// The release of Debian that Postgres comes from.
    pub debian_suite: String,
    /// The major version of Postgres.
    pub postgres_major: u32,
}

/// The pins that this program was compiled with.
pub static PINS: LazyLock<Pins> = LazyLock::new(|| {
    Pins::read(include_str!("../../../Cargo.toml"))
        .unwrap_or_else(|why| panic!("read [workspace.metadata.project] of the root Cargo.toml: {why}"))
});

impl Pins {
    fn read(manifest: &str) -> Result<Pins, toml::de::Error> {
        #[derive(Deserialize)]
        struct Manifest {
            workspace: Workspace,
        }
        #[derive(Deserialize)]
        struct Workspace {
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        struct Metadata {
            project: Pins,
        }
        toml::from_str::<Manifest>(manifest).map(|manifest| manifest.workspace.metadata.project)
    }

    /// Postgres with its extensions, as Debian names the packages; comma-separated, as mmdebstrap takes them.
    pub(crate) fn packages(&self) -> String {
        let postgres = format!("postgresql-{}", self.postgres_major);
        format!("{postgres},{postgres}-timescaledb,{postgres}-postgis-3")
    }

    /// Where Debian puts the programs of that Postgres.
    pub(crate) fn postgres_programs(&self) -> String {
        format!("/usr/lib/postgresql/{}/bin", self.postgres_major)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_manifest_has_them() {
        assert!(!PINS.name.is_empty() && !PINS.name.contains('/'), "{PINS:?}");
        assert!(!PINS.debian_suite.is_empty() && PINS.postgres_major > 0, "{PINS:?}");
    }

    #[test]
    fn the_packages_have_the_major_version() {
        let manifest = "[workspace.metadata.project]\nname = \"n\"\ndebian-suite = \"trixie\"\npostgres-major = 17\nmore = 1";
        let pins = Pins::read(manifest).unwrap();
        // They are inputs of the hash that names the Postgres root: written otherwise, everybody would fetch it again.
        assert_eq!(pins.packages(), "postgresql-17,postgresql-17-timescaledb,postgresql-17-postgis-3");
        assert_eq!(pins.postgres_programs(), "/usr/lib/postgresql/17/bin");
    }

    #[test]
    fn a_missing_pin_is_named() {
        let error = Pins::read("[workspace.metadata.project]\nname = \"n\"").unwrap_err();
        assert!(error.to_string().contains("debian-suite"), "{error}");
    }
}
