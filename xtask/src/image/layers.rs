//! What is in the layers that our Dockerfile adds to its base: read from `docker save`, so that a file that a later layer removes is seen too.

use crate::docker::Docker;
use anyhow::{Context as _, Result};
use contract::Failure;
use flate2::read::GzDecoder;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};
use std::path::Path;

/// One thing in a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path, without a leading slash.
    pub(crate) path: String,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Its owner's number.
    pub(crate) uid: u64,
    /// A file's bytes; none of a folder or a link.
    pub(crate) content: Option<Vec<u8>>,
}

/// The entries of the topmost `count` layers, lowest first.
///
/// # Errors
/// What docker says, and an archive in a form that is not known.
pub(crate) fn topmost(docker: &Docker, image: &str, count: usize, scratch: &Path) -> Result<Vec<Entry>> {
    let archive = scratch.join("image.tar");
    docker.run("save the image", &["save", "--output", &archive.display().to_string(), image], |_| {})?;
    let entries = read(&archive, count);
    let _ = std::fs::remove_file(&archive);
    entries
}

/// How many layers a Dockerfile's last stage adds.
pub(crate) fn added_by(dockerfile: &str) -> usize {
    let stage = dockerfile.rsplit("\nFROM ").next().unwrap_or(dockerfile);
    let adds = |line: &&str| ["RUN ", "COPY ", "ADD ", "WORKDIR "].iter().any(|word| line.starts_with(word));
    stage.lines().filter(adds).count()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    layers: Vec<String>,
}

fn read(archive: &Path, count: usize) -> Result<Vec<Entry>> {
    let mut file = std::fs::File::open(archive).context("open the saved image")?;
    let mut places = BTreeMap::new();
    let mut manifest = None;
    for entry in tar::Archive::new(&file).entries_with_seek().context("read the saved image")? {
        let mut entry = entry?;
        let path = entry.path()?.display().to_string();
        if path == "manifest.json" {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            manifest = serde_json::from_str::<Vec<Manifest>>(&text)?.into_iter().next();
        }
        places.insert(path, (entry.raw_file_position(), entry.size()));
    }
    let manifest = manifest.ok_or_else(|| Failure::new("read the saved image: it has no manifest.json"))?;
    let mut entries = Vec::new();
    for layer in manifest.layers.iter().skip(manifest.layers.len().saturating_sub(count)) {
        let (position, size) = *places
            .get(layer)
            .ok_or_else(|| Failure::new(format!("read the saved image: it lacks `{layer}`")))?;
        file.seek(std::io::SeekFrom::Start(position))?;
        entries.extend(layer_entries((&file).take(size)).with_context(|| format!("read layer `{layer}`"))?);
    }
    Ok(entries)
}

/// The containerd image store, the default of Docker 29, saves layers as it keeps them: packed. The older ones save them plain.
fn layer_entries(mut layer: impl Read) -> Result<Vec<Entry>> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let mut head = Vec::new();
    layer.by_ref().take(2).read_to_end(&mut head)?;
    let is_packed = head == GZIP;
    let layer = Cursor::new(head).chain(layer);
    if is_packed { tar_entries(GzDecoder::new(layer)) } else { tar_entries(layer) }
}

fn tar_entries(layer: impl Read) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in tar::Archive::new(layer).entries()? {
        let mut entry = entry?;
        let header = entry.header();
        let (mode, uid, is_file) = (header.mode()? & 0o7777, header.uid()?, header.entry_type().is_file());
        let path = entry.path()?.display().to_string().trim_end_matches('/').to_owned();
        let mut content = Vec::new();
        if is_file {
            entry.read_to_end(&mut content)?;
        }
        entries.push(Entry { path, mode, uid, content: is_file.then_some(content) });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_alone_adds_layers() {
        let dockerfile = "FROM a AS b\nRUN x\n\nFROM c\nUSER 0\nCOPY d e\nRUN [\"f\"]\nCMD [\"g\"]\n";
        assert_eq!(added_by(dockerfile), 2);
    }

    #[test]
    fn a_packed_layer_holds_what_the_plain_one_does() {
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_mode(0o555);
        header.set_uid(0);
        let mut plain = tar::Builder::new(Vec::new());
        plain.append_data(&mut header, "directus/a", &b"hello"[..]).unwrap();
        let plain = plain.into_inner().unwrap();
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(&plain[..], flate2::Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        let entries = layer_entries(&plain[..]).unwrap();
        assert_eq!(entries[0].content.as_deref(), Some(&b"hello"[..]));
        assert_eq!(layer_entries(&packed[..]).unwrap(), entries);
    }
}
