//! What reaches a terminal, and what reaches a pipe.

use crate::checkout::{Checkout, Said, root, said};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

const ESCAPE: char = '\x1b';

/// What a command that is refused says on a terminal, which `script` makes. `None` without `script`.
fn on_a_terminal(checkout: &Checkout, variables: &[(&str, &str)]) -> Option<String> {
    let program = Path::new("/usr/bin/script");
    if !program.exists() {
        return None;
    }
    let template = checkout.xtask(&[]);
    let mut command = Command::new(program);
    // An error is the shortest text with a colour.
    command
        .args(["-qec", &format!("{} db-init --check", env!("CARGO_BIN_EXE_xtask")), "/dev/null"])
        .stdin(Stdio::null());
    for (name, value) in template.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env_remove("NO_COLOR").envs(variables.iter().copied());
    Some(String::from_utf8_lossy(&command.output().expect("a process").stdout).into_owned())
}

#[test]
fn colours_are_for_terminals_and_not_for_those_who_want_none() {
    let Some(checkout) = Checkout::new() else { return };
    let Some(painted) = on_a_terminal(&checkout, &[]) else { return };
    assert!(painted.contains("error:") && painted.contains(ESCAPE), "{painted:?}");
    let plain = on_a_terminal(&checkout, &[("NO_COLOR", "1")]).expect("as before");
    assert!(plain.contains("error:") && !plain.contains(ESCAPE), "{plain:?}");
    let empty = on_a_terminal(&checkout, &[("NO_COLOR", "")]).expect("as before");
    assert!(empty.contains(ESCAPE), "an empty one counts for nothing: {empty:?}");
}

#[test]
fn a_long_command_in_a_pipe_is_plain_text() {
    let Some(checkout) = Checkout::new() else { return };
    let Said { code, stdout, stderr } = said(&mut checkout.dry_run(&["--engine", "local"]));
    assert_eq!(code, 0, "{stderr}");
    for text in [&stdout, &stderr] {
        assert!(!text.contains(ESCAPE) && !text.contains('\r'), "{text:?}");
    }
    assert!(stderr.lines().count() > 5, "{stderr}");
}

/// The wrappers of old habits, called from elsewhere, with a `cargo` that says what it is called with.
#[test]
fn the_scripts_pass_on_what_they_are_called_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let cargo = folder.path().join("cargo");
    std::fs::write(&cargo, "#!/bin/sh\nprintf '[%s]' \"$@\"\npwd\n").expect("a program");
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.path().display());
    let script = |name: &str, arguments: &[&str], dir: Option<&str>| {
        let mut command = Command::new(root().join("scripts").join(name));
        command.args(arguments).current_dir(folder.path()).env("PATH", &path).env_remove("DB_INIT_DIR");
        dir.map(|dir| command.env("DB_INIT_DIR", dir));
        said(&mut command).expect(0, &[]).stdout
    };
    let (here, there) = (root().canonicalize().expect("here"), folder.path().display().to_string());
    let here = here.display();
    assert_eq!(
        script("schema-snapshot.sh", &["--check", "a b"], None),
        format!("[xtask][snapshot][--check][a b]{here}\n")
    );
    assert_eq!(script("schema-apply.sh", &["--plan"], None), format!("[xtask][apply][--plan]{here}\n"));
    let pre = "[xtask][db-init][run][--phase][pre]";
    assert_eq!(script("apply-db-init.sh", &["--json"], None), format!("{pre}[--json]{here}\n"));
    assert_eq!(script("apply-db-init.sh", &[], Some("/a b")), format!("{pre}[--dir][/a b]{here}\n"));
    assert_eq!(script("apply-db-init.sh", &[], Some("a b")), format!("{pre}[--dir][{there}/a b]{here}\n"));
}
