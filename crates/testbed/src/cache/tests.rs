//! How a part gets into the cache, with a file for a part: the tools are not what is tested here.

use super::*;
use crate::tool;
use std::sync::atomic::{AtomicU32, Ordering};

const RECIPE: Recipe<'_> = Recipe { verb: "fetch", title: "a part", part: "postgres-0123", needs_bytes: 1 };

fn cache() -> (tempfile::TempDir, Cache) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::at(dir.path().join("cache")).unwrap();
    (dir, cache)
}

fn build(workshop: &Workshop<'_>) -> Outcome<()> {
    fs::write(workshop.part.join("complete"), "yes").map_err(|error| touched("write", &workshop.part, &error))
}

fn staged(cache: &Cache) -> usize {
    fs::read_dir(cache.dir().join("staging")).unwrap().count()
}

#[test]
fn a_part_is_built_once_and_then_found() {
    let (_guard, cache) = cache();
    let part = cache.provide(&RECIPE, &Progress::silent(), build).unwrap();
    assert!(part.join("complete").exists());
    let again = cache.provide(&RECIPE, &Progress::silent(), |_| panic!("built a second time")).unwrap();
    assert_eq!(part, again);
    assert_eq!(staged(&cache), 0);
}

#[test]
fn a_failed_build_leaves_its_log_and_nothing_else() {
    let (_guard, cache) = cache();
    let outcome = cache.provide(&RECIPE, &Progress::silent(), |workshop| {
        build(workshop)?;
        fs::write(&workshop.log, "E: no").unwrap();
        Err(Failure::new("build"))
    });
    assert!(outcome.is_err());
    assert_eq!(cache.finished(RECIPE.part), None);
    assert_eq!(staged(&cache), 0);
    assert_eq!(fs::read_to_string(cache.dir().join("logs/postgres-0123.log")).unwrap(), "E: no");
}

#[test]
fn what_a_killed_builder_left_is_neither_taken_for_finished_nor_kept() {
    let (_guard, cache) = cache();
    // As kill -9 leaves it: folders and lock files of two parts, and no lock.
    for part in [RECIPE.part, "directus-4567"] {
        fs::create_dir_all(cache.dir().join("staging").join(format!("{part}.1/part/half"))).unwrap();
        drop(open_lock(&cache.lock_path(part)).unwrap());
    }
    assert_eq!(cache.finished(RECIPE.part), None);
    let part = cache.provide(&RECIPE, &Progress::silent(), build).unwrap();
    assert!(part.join("complete").exists() && !part.join("half").exists());
    assert_eq!(staged(&cache), 0);
}

#[test]
fn what_another_builder_is_at_work_on_is_not_swept() {
    let (_guard, cache) = cache();
    let at_work = cache.dir().join("staging/directus-4567.1");
    fs::create_dir_all(&at_work).unwrap();
    let lock = open_lock(&cache.lock_path("directus-4567")).unwrap();
    assert!(try_lock(&lock));
    cache.provide(&RECIPE, &Progress::silent(), build).unwrap();
    assert!(at_work.exists());
}

#[test]
fn two_at_once_build_once_and_both_get_it() {
    let (_guard, cache) = cache();
    let builds = AtomicU32::new(0);
    let provide = || {
        cache.provide(&RECIPE, &Progress::silent(), |workshop| {
            builds.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(300));
            build(workshop)
        })
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(provide);
        assert_eq!(provide().unwrap(), other.join().unwrap().unwrap());
    });
    assert_eq!(builds.into_inner(), 1);
}

#[test]
fn too_little_space_is_told_before_anything_is_built() {
    let (_guard, cache) = cache();
    let recipe = Recipe { needs_bytes: u64::MAX, ..RECIPE };
    let failure = cache.provide(&recipe, &Progress::silent(), |_| panic!("built")).unwrap_err();
    assert!(failure.what.starts_with("make room in `"), "{failure:?}");
}

#[test]
fn parts_of_other_recipes_are_listed() {
    let (_guard, cache) = cache();
    let part = cache.provide(&RECIPE, &Progress::silent(), build).unwrap();
    let older =
        cache.provide(&Recipe { part: "directus-89ab", ..RECIPE }, &Progress::silent(), build).unwrap();
    assert_eq!(cache.other_parts(&[&part]).unwrap(), [older]);
}

#[test]
fn inputs_of_a_hash_do_not_flow_into_one_another() {
    assert_ne!(hash_of(&[b"ab", b"c"]), hash_of(&[b"a", b"bc"]));
    assert_eq!(hash_of(&[b"a"]).len(), 16);
}

#[test]
fn what_a_silent_tool_writes_is_seen_while_it_works() {
    let (_guard, cache) = cache();
    let mut sizes = Vec::new();
    let build = |workshop: &Workshop<'_>| {
        let mut growth = disk::Growth::of(&workshop.part);
        let wait =
            "dd if=/dev/zero of=fetched bs=1k count=64 2>/dev/null; until [ -e seen ]; do sleep 0.02; done";
        let expression = duct::cmd!("sh", "-c", wait).dir(&workshop.part).stdout_to_stderr();
        let tool = tool::Tool { what: "fetch".to_owned(), expression, programs: &["dd"] };
        let look = || {
            sizes.extend(growth.look().filter(|bytes| *bytes >= 65_536));
            if !sizes.is_empty() {
                fs::write(workshop.part.join("seen"), "").unwrap();
            }
        };
        tool::run_and_look(&tool, workshop, |line| panic!("it says {line}"), look)
    };
    cache.provide(&RECIPE, &Progress::silent(), build).unwrap();
    assert!(!sizes.is_empty());
}
