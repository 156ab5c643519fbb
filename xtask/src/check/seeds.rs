//! The rule over the seed files: what `cargo xtask seed` would refuse before it sends anything.

use super::Context;
use crate::seed::{SeedFile, judge};
use snapshot::Finding;

/// What cannot be read, else what makes no sense beside the snapshot; an unreadable snapshot has findings of its own.
pub(crate) fn seeds(context: &Context) -> Vec<Finding> {
    let unreadable: Vec<Finding> = context.seeds.iter().flat_map(|(_, findings)| findings.clone()).collect();
    let Some(document) = context.document().filter(|_| unreadable.is_empty()) else { return unreadable };
    let files: Vec<SeedFile> = context.seeds.iter().map(|(file, _)| file.clone()).collect();
    judge(&files, &document.snapshot).err().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::seed::RULE;
    use contract::artefacts::SNAPSHOT;

    const SCHEMA: &str = "version: 1\ncollections:\n  - collection: a\n    meta: {}\n    schema: {name: a}\nfields:\n  - collection: a\n    field: code\n    type: string\n    meta: {}\n    schema: {is_nullable: true}\n";

    #[test]
    fn sound_files_are_fine_and_other_files_are_not_read() {
        let seed = "a:\n  key: code\n  items: [{code: X}]\n";
        check(RULE, &[(SNAPSHOT, SCHEMA), ("seeds/a.yaml", seed), ("seeds/README.md", "# Seeds")], &[]);
        check(RULE, &[(SNAPSHOT, SCHEMA)], &[]);
    }

    #[test]
    fn a_file_that_cannot_be_read_hides_what_would_follow_from_it() {
        let files = [
            (SNAPSHOT, SCHEMA),
            ("seeds/a.yaml", "a:\n  key: [\n"),
            ("seeds/b.yaml", "b:\n  key: x\n  items: []\n"),
        ];
        check(
            RULE,
            &files,
            &["seeds/a.yaml:3:1: seeds: while parsing a node, did not find expected node content"],
        );
        check(
            RULE,
            &[files[0], files[2]],
            &["seeds/b.yaml:1:1: seeds: `b` is no collection of snapshots/schema.yaml"],
        );
    }
}
