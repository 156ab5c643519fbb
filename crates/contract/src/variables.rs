//! The variables a child process is started with. [`Environment`](crate::env::Environment) is the other side: it *reads* settings.

use std::collections::{BTreeMap, btree_map};

/// Environment variables, sorted by name; of two values of one name the last counts. `Debug` shows names only: some values are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// None yet.
    pub fn new() -> Variables {
        Variables::default()
    }

    /// These, and `name` set to `value`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl ToString) -> Variables {
        self.set(name, value);
        self
    }

    /// Sets `name` to `value`.
    pub fn set(&mut self, name: impl Into<String>, value: impl ToString) {
        self.0.insert(name.into(), value.to_string());
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Takes `name` away, and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> btree_map::Iter<'_, String, String> {
        self.0.iter()
    }
}

impl<N: Into<String>, V: ToString> Extend<(N, V)> for Variables {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, more: I) {
        more.into_iter().for_each(|(name, value)| self.set(name, value));
    }
}

impl<N: Into<String>, V: ToString> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(all: I) -> Variables {
        let mut variables = Variables::new();
        variables.extend(all);
        variables
    }
}

impl<N: Into<String>, V: ToString, const COUNT: usize> From<[(N, V); COUNT]> for Variables {
    fn from(all: [(N, V); COUNT]) -> Variables {
        all.into_iter().collect()
    }
}

impl IntoIterator for Variables {
    type Item = (String, String);
    type IntoIter = btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Variables {
    type Item = (&'a String, &'a String);
    type IntoIter = btree_map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_name_counts_and_no_value_is_shown() {
        let mut variables = Variables::from([("DB_PORT", "1"), ("DB_HOST", "db")]).with("DB_PORT", 5432);
        variables.extend([("DB_PASSWORD", "hunter2")]);
        assert_eq!(variables.get("DB_PORT"), Some("5432"));
        assert_eq!(format!("{variables:?}"), r#"{"DB_HOST", "DB_PASSWORD", "DB_PORT"}"#);
    }
}
