//! What can be known of a Directus install from its files, before Node has loaded it.

use contract::{Exit, Failure, Outcome};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The folder of the prelinked Directus, in the one that holds Directus.
pub(crate) const PRELINKED: &str = "prelinked";

/// Directus' own migrations, in every layout that has `@directus/api` below the folder's `node_modules`: the official image's and npm's.
const MIGRATIONS: &str = "node_modules/@directus/api/dist/database/migrations";

/// The versions of Directus' own migration files, sorted.
///
/// # Errors
/// Exit 2 when the folder holds no Directus.
pub fn system_migrations(directus: &Path) -> Outcome<Vec<String>> {
    let folder = directus.join(MIGRATIONS);
    let failed = |error: &std::io::Error| {
        Failure::new(format!("read Directus' migrations in `{}`", folder.display()))
            .exit(Exit::Usage)
            .cause(error)
            .hint("RUNNER_DIRECTUS names the folder that holds Directus")
    };
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|error| failed(&error))? {
        let name = entry.map_err(|error| failed(&error))?.file_name();
        versions.extend(name.to_str().and_then(version_of).map(str::to_owned));
    }
    versions.sort();
    Ok(versions)
}

/// The version of Directus in `directus`, if its package file is where npm or the official image puts it.
pub fn version(directus: &Path) -> Option<String> {
    let files = [directus.join("node_modules/directus/package.json"), directus.join("package.json")];
    files.iter().find_map(|file| {
        let package: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
        (package["name"] == "directus").then(|| package["version"].as_str().map(str::to_owned)).flatten()
    })
}

/// The name of the prelinked Directus in `folder`: which script and which esbuild made it (`bridge/prelink/manifest.js`).
pub(crate) fn prelinked_name(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join("name")).ok().map(|name| name.trim_end().to_owned())
}

/// The files of the prelinked Directus in `folder` that are not as they were made, in words.
///
/// # Errors
/// Exit 1 when its manifest cannot be read.
pub(crate) fn altered(folder: &Path) -> Outcome<Vec<String>> {
    let path = folder.join("manifest.json");
    let failed =
        |error: &dyn std::fmt::Display| Failure::new(format!("read `{}`", path.display())).cause(error);
    let text = std::fs::read(&path).map_err(|error| failed(&error))?;
    let manifest: serde_json::Value = serde_json::from_slice(&text).map_err(|error| failed(&error))?;
    let files = manifest["files"].as_object().ok_or_else(|| failed(&"it names no files"))?;
    let is_altered = |name: &str, wanted: &serde_json::Value| {
        std::fs::read(folder.join(name)).ok().map(|content| hex(&Sha256::digest(content))).as_deref()
            != wanted["sha256"].as_str()
    };
    Ok(files
        .iter()
        .filter(|(name, wanted)| is_altered(name, wanted))
        .map(|(name, _)| format!("`{}` is not what its manifest says", folder.join(name).display()))
        .collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The versions of the migrations that an extensions folder brings; Directus runs them with its own. None without the folder.
pub fn custom_migrations(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_script = |name: &String| [".js", ".cjs", ".mjs"].iter().any(|ending| name.ends_with(ending));
    names
        .filter(is_script)
        .filter_map(|name| name.split_once('-').map(|(version, _)| version.to_owned()))
        .collect()
}

/// `20240909A-separate-comments.js` → `20240909A`; what Directus' own `^[0-9]+[A-Z]-[^.]+\.js$` takes, and nothing else.
fn version_of(name: &str) -> Option<&str> {
    let (version, rest) = name.strip_suffix(".js")?.split_once('-')?;
    let digits = version.strip_suffix(|last: char| last.is_ascii_uppercase())?;
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (all_digits && !rest.is_empty() && !rest.contains('.')).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_migrations_have_a_version() {
        assert_eq!(version_of("20240909A-separate-comments.js"), Some("20240909A"));
        for name in
            ["run.js", "20240909A-x.d.js", "20240909A-x.ts", "20240909-x.js", "A-x.js", "20240909A-.js"]
        {
            assert_eq!(version_of(name), None, "{name}");
        }
    }
}
