//! Groups: named sets of users and of other groups.

use std::collections::{HashMap, HashSet};

use crate::{ids::GroupNo, time::Instant};

/// A group of an account. Who is in it is told apart from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its number; groups are listed in this order, which is that of their creation.
    pub no: GroupNo,
    /// Its id: `e-` and a UUID.
    pub id: String,
    /// Its name, unique in the account under [`crate::text::fold`].
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created_at: Instant,
}

/// The first of `added` that would make a group contain itself, directly or through others, given
/// what is `nested` already. Both are pairs of a group and a group inside it.
pub fn closes_a_circle(nested: &[(GroupNo, GroupNo)], added: &[(GroupNo, GroupNo)]) -> Option<usize> {
    let mut inside: HashMap<GroupNo, Vec<GroupNo>> = HashMap::new();
    for (group, member) in nested {
        inside.entry(*group).or_default().push(*member);
    }
    for (index, (group, member)) in added.iter().enumerate() {
        let mut seen = HashSet::from([*member]);
        let mut to_visit = vec![*member];
        while let Some(next) = to_visit.pop() {
            if next == *group {
                return Some(index);
            }
            let members = inside.get(&next).into_iter().flatten();
            to_visit.extend(members.filter(|member| seen.insert(**member)));
        }
        inside.entry(*group).or_default().push(*member);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(i64, i64)]) -> Vec<(GroupNo, GroupNo)> {
        pairs.iter().map(|(group, member)| (GroupNo(*group), GroupNo(*member))).collect()
    }

    #[test]
    fn a_group_may_be_in_many_but_never_in_itself() {
        let nested = pairs(&[(1, 2), (2, 3), (1, 3)]);
        assert_eq!(closes_a_circle(&nested, &pairs(&[(1, 4), (4, 3), (1, 2)])), None);
        assert_eq!(closes_a_circle(&nested, &pairs(&[(5, 5)])), Some(0));
        assert_eq!(closes_a_circle(&nested, &pairs(&[(3, 4), (3, 1)])), Some(1));
    }

    #[test]
    fn a_circle_made_by_one_call_alone_is_seen() {
        assert_eq!(closes_a_circle(&[], &pairs(&[(1, 2), (2, 3), (3, 1)])), Some(2));
    }
}
