//! Dumps: how one of `pg_dump` is brought into an empty database, and what of it is never the same twice.

/// How a dump is brought into an empty database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restore {
    /// SQL for before: TimescaleDB's own bookkeeping may come in only when it looks away.
    pub before: Option<&'static str>,
    /// The program that reads the dump on its stdin, without the words that name a database.
    pub program: &'static [&'static str],
    /// SQL for afterwards.
    pub after: Option<&'static str>,
}

impl Restore {
    /// The way for a dump of `pg_dump`, plain or custom.
    pub fn of(dump: &[u8]) -> Restore {
        const TIMESCALEDB: &[u8] = b"timescaledb";
        let has_timescaledb = dump.windows(TIMESCALEDB.len()).any(|window| window == TIMESCALEDB);
        Restore {
            before: has_timescaledb
                .then_some("CREATE EXTENSION IF NOT EXISTS timescaledb; SELECT timescaledb_pre_restore();"),
            program: match dump.starts_with(b"PGDMP") {
                true => &["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"],
                false => {
                    &["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--output", "/dev/null"]
                }
            },
            after: has_timescaledb.then_some("SELECT timescaledb_post_restore();"),
        }
    }

    /// For an error: what was tried.
    pub fn what(&self) -> String {
        format!("restore the dump with `{}`", self.program[0])
    }

    /// For an error: what to look at.
    pub fn hint(&self) -> &'static str {
        match self.before {
            None => "make the dump with: pg_dump --no-owner --no-privileges",
            Some(_) => {
                "make the dump with: pg_dump --no-owner --no-privileges; a dump of TimescaleDB goes into that very version of it alone: cargo xtask dry-run --engine docker --restore takes the database's own image"
            }
        }
    }
}

/// `\restrict` and `\unrestrict` carry a key that is new in each dump.
pub(crate) fn without_random_lines(dump: &str) -> String {
    let is_random = |line: &&str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    dump.split_inclusive('\n').filter(|line| !is_random(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_tells_how_it_is_restored() {
        let plain = Restore::of(b"CREATE EXTENSION IF NOT EXISTS timescaledb;");
        assert!(plain.program[0] == "psql" && plain.before.is_some() && plain.after.is_some());
        let custom = Restore::of(b"PGDMP\x01\x0e");
        assert_eq!((custom.program[0], custom.before, custom.after), ("pg_restore", None, None));
    }

    #[test]
    fn lines_that_differ_in_every_dump_are_left_out() {
        assert_eq!(without_random_lines("a\n\\restrict x1\nb\n\\unrestrict x1\n"), "a\nb\n");
    }
}
