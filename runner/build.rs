//! How the static binary is linked: small, because it is in every image. The linker is rust-lld (.cargo/config.toml).

fn main() {
    println!("cargo::rerun-if-changed=link.ld");
    if std::env::var("CARGO_CFG_TARGET_ENV").as_deref() != Ok("musl") {
        return;
    }
    let script = format!("-T{}/link.ld", std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    // Equal functions once, relocations packed, and nothing that only unwinding would read.
    for argument in ["--icf=all", "-zpack-relative-relocs", "-O2", "--no-eh-frame-hdr", &script] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
