//! P23, P26: what is in git is written on one version and proved on another.

use crate::read::{self, difference};
use testbed::{MAJORS, Server, require};

#[test]
fn objects_of_every_kind_are_listed_in_the_same_words_by_every_major_version() {
    let mut all: Vec<(u32, Vec<String>)> = Vec::new();
    for major in MAJORS {
        let Some(server) = require(Server::of_major(major)) else { return };
        let database = read::rich(&server, "");
        all.push((major, read::lines(&mut database.connect().expect("a session"))));
    }
    for pair in all.windows(2) {
        let [(one, before), (other, after)] = pair else { unreachable!("windows of two") };
        assert_eq!(difference(before, after), [vec![], Vec::<String>::new()], "Postgres {one} and {other}");
    }
}
