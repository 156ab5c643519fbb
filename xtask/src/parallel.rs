//! How much runs at once: as much as the machine has cores for.

use std::num::NonZero;
use std::thread;

/// More than this at once gain nothing: what they share, such as the disk, is busy then.
const MOST: usize = 8;

/// How many programs that mostly compute may run at once; a Directus that starts is one (some 300 MB each).
pub(crate) fn directus_at_once() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MOST)
}

/// `perform` for each of `items` in a thread of its own; the results in the order of the items. A child's death is tied to the thread that
/// started it: what `perform` starts must end in it.
pub(crate) fn each<'a, T: Sync, R: Send>(items: &'a [T], perform: impl Fn(&'a T) -> R + Sync) -> Vec<R> {
    let perform = &perform;
    thread::scope(|scope| {
        let threads: Vec<_> = items.iter().map(|item| scope.spawn(move || perform(item))).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        assert_eq!(each(&[3, 1, 2], |number| number * 10), [30, 10, 20]);
    }
}
