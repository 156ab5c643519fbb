//! Shell completions for `cargo xtask`.

use clap::CommandFactory;
use contract::Exit;

/// Print completions for a shell.
///
/// They complete `xtask`; with `alias xtask='cargo xtask'` in the shell that is what you type.
#[derive(clap::Args)]
#[command(
    after_long_help = "Example:\n  cargo xtask completions bash > ~/.local/share/bash-completion/completions/xtask"
)]
pub(crate) struct Args {
    /// The shell to complete in.
    shell: clap_complete::Shell,
}

/// Writes the script to stdout.
pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    clap_complete::generate(args.shell, &mut crate::Cli::command(), "xtask", &mut std::io::stdout());
    Ok(Exit::Done)
}
