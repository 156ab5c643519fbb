//! How the static binary is linked: small, because it is in every image. The linker is rust-lld (.cargo/config.toml).

fn main() {
    println!("cargo::rerun-if-changed=link.ld");
    if std::env::var("CARGO_CFG_TARGET_ENV").as_deref() != Ok("musl") {
        return;
    }
    // Equal functions once, relocations packed, and nothing that only unwinding would read. The script's path is relative to the workspace,
    // where cargo links: an absolute one would be remembered in a target folder that another checkout uses.
    for argument in ["--icf=all", "-zpack-relative-relocs", "-O2", "--no-eh-frame-hdr", "-Trunner/link.ld"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
