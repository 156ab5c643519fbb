//! In which order items can be made: each after those that it points to. Pure.

/// For each item the length of the longest chain of items that it points to; `to[n]` are the ones that item `n` points to.
///
/// # Errors
/// A circle: its items, each pointing to the next, the last to the first.
pub(crate) fn levels(to: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut levels: Vec<Option<usize>> = vec![None; to.len()];
    let mut is_on_the_way = vec![false; to.len()];
    for start in 0..to.len() {
        // A stack of our own: a chain may be as long as the file.
        let mut way = vec![(start, 0)];
        while let Some((item, next)) = way.last_mut() {
            let item = *item;
            let target = to[item].get(*next).copied().filter(|_| levels[item].is_none());
            let Some(target) = target else {
                let level = to[item].iter().filter_map(|target| levels[*target]).map(|level| level + 1).max();
                levels[item] = Some(level.unwrap_or(0));
                is_on_the_way[item] = false;
                way.pop();
                continue;
            };
            *next += 1;
            is_on_the_way[item] = true;
            if is_on_the_way[target] {
                let circle = way.iter().map(|(each, _)| *each).skip_while(|each| *each != target);
                return Err(circle.collect());
            }
            way.push((target, 0));
        }
    }
    Ok(levels.into_iter().map(Option::unwrap_or_default).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_comes_after_everything_that_it_points_to() {
        assert_eq!(levels(&[vec![1, 2], vec![2], vec![], vec![0]]), Ok(vec![2, 1, 0, 3]));
        assert_eq!(levels(&[]), Ok(vec![]));
    }

    #[test]
    fn a_circle_is_named_in_its_own_order() {
        assert_eq!(levels(&[vec![1], vec![2], vec![3], vec![1]]), Err(vec![1, 2, 3]));
        assert_eq!(levels(&[vec![0]]), Err(vec![0]));
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let mut to: Vec<Vec<usize>> = (1..200_000).map(|next| vec![next]).collect();
        to.push(Vec::new());
        assert_eq!(levels(&to).unwrap()[0], 199_999);
    }
}
