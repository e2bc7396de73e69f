//! What one change did to an account, in a form small enough to keep of every change.
//!
//! An image of the account in memory is brought forward by it: facts are told whole (who was given
//! which role, who joined which group), things only by name (which user is to be read again). The
//! bytes are sorted and hold distances, so that one role given to thousands costs one or two bytes
//! for each of them.

use crate::ids::{BotNo, GroupNo, RoleNo, UserNo};

/// The most deltas that are kept of one change. What changes more is quicker loaded again.
pub const MAX_DELTAS: usize = 100_000;

/// One thing that a change did. A bot's number of 0 beside a role stands for the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delta {
    /// The account's own row: its name, its owner.
    Account,
    /// One of the account's apps was made, changed or removed.
    Apps,
    /// The role was made, changed or removed. Who is assigned a role that is gone is not told.
    Role(RoleNo),
    /// The bot was made, changed or removed; likewise.
    Bot(BotNo),
    /// The group was made, changed or removed; likewise.
    Group(GroupNo),
    /// The user was made, changed or removed; likewise.
    User(UserNo),
    /// A group was put into another.
    Nested {
        /// The outer group.
        group: GroupNo,
        /// The inner one.
        member: GroupNo,
    },
    /// A group was taken out of another.
    Unnested {
        /// The outer group.
        group: GroupNo,
        /// The inner one.
        member: GroupNo,
    },
    /// A group was given a role.
    GroupAssigned {
        /// Where the role acts.
        bot: BotNo,
        /// The role.
        role: RoleNo,
        /// Who holds it now.
        group: GroupNo,
    },
    /// A role was taken from a group.
    GroupUnassigned {
        /// Where the role acted.
        bot: BotNo,
        /// The role.
        role: RoleNo,
        /// Who held it.
        group: GroupNo,
    },
    /// A user was put into a group.
    Joined {
        /// The group.
        group: GroupNo,
        /// The user.
        user: UserNo,
    },
    /// A user was taken out of a group.
    Left {
        /// The group.
        group: GroupNo,
        /// The user.
        user: UserNo,
    },
    /// A user was given a role.
    UserAssigned {
        /// Where the role acts.
        bot: BotNo,
        /// The role.
        role: RoleNo,
        /// Who holds it now.
        user: UserNo,
    },
    /// A role was taken from a user.
    UserUnassigned {
        /// Where the role acted.
        bot: BotNo,
        /// The role.
        role: RoleNo,
        /// Who held it.
        user: UserNo,
    },
}

/// Bytes that are no deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no deltas of this version")]
pub struct Broken;

/// Each thing and each fact once: of several deltas about one, the last counts. Sorted.
pub fn settle(deltas: &[Delta]) -> Vec<Delta> {
    let mut sorted = deltas.to_vec();
    // Stable, so that what came last of one fact stands last.
    sorted.sort_by_key(Delta::fact);
    let mut settled: Vec<Delta> = Vec::with_capacity(sorted.len());
    for delta in sorted {
        match settled.last_mut() {
            Some(last) if last.fact() == delta.fact() => *last = delta,
            _ => settled.push(delta),
        }
    }
    settled.sort_unstable_by_key(Delta::coded);
    settled
}

/// The deltas in bytes, settled as [`settle`] does. Never empty, so that no bytes at all can stand
/// for a change that nobody kept the deltas of.
pub fn encode(deltas: &[Delta]) -> Vec<u8> {
    let settled = settle(deltas);
    let coded: Vec<Coded> = settled.iter().map(Delta::coded).collect();
    let mut bytes = vec![VERSION];
    for of_one_kind in coded.chunk_by(|one, other| one.kind == other.kind) {
        let runs = of_one_kind.chunk_by(|one, other| one.head == other.head);
        bytes.extend(of_one_kind.first().map(|first| first.kind));
        write(&mut bytes, runs.clone().count() as u64);
        let mut before = 0_i64;
        for run in runs {
            let (outer, inner) = run.first().map_or((0, 0), |first| first.head);
            write(&mut bytes, outer.wrapping_sub(before).cast_unsigned());
            write(&mut bytes, inner.cast_unsigned());
            write(&mut bytes, run.len() as u64);
            before = outer;
            let mut before = 0_i64;
            for Coded { item, .. } in run {
                write(&mut bytes, item.wrapping_sub(before).cast_unsigned());
                before = *item;
            }
        }
    }
    bytes
}

/// The deltas that [`encode`] wrote.
///
/// Errors: any other bytes, and more than [`MAX_DELTAS`]. Memory is bounded by the bytes' number.
pub fn decode(bytes: &[u8]) -> Result<Vec<Delta>, Broken> {
    let mut rest = bytes.strip_prefix(&[VERSION]).ok_or(Broken)?;
    let mut deltas = Vec::new();
    while let Some((kind, tail)) = rest.split_first() {
        rest = tail;
        let n_runs = read(&mut rest)?;
        let mut outer = 0_i64;
        for _ in 0..n_runs {
            outer = outer.wrapping_add(read(&mut rest)?.cast_signed());
            let inner = read(&mut rest)?.cast_signed();
            let n_items = read(&mut rest)?;
            let mut item = 0_i64;
            for _ in 0..n_items {
                item = item.wrapping_add(read(&mut rest)?.cast_signed());
                if deltas.len() == MAX_DELTAS {
                    return Err(Broken);
                }
                deltas.push(Delta::of(Coded { kind: *kind, head: (outer, inner), item }).ok_or(Broken)?);
            }
        }
    }
    Ok(deltas)
}

/// The form of the bytes; another one gets another number.
const VERSION: u8 = 1;

/// A delta as numbers: those that many have in common, and the one that is each one's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Coded {
    kind: u8,
    head: (i64, i64),
    item: i64,
}

impl Delta {
    fn coded(&self) -> Coded {
        let (kind, head, item) = match *self {
            Self::Account => (1, (0, 0), 0),
            Self::Apps => (2, (0, 0), 0),
            Self::Role(role) => (3, (0, 0), role.0),
            Self::Bot(bot) => (4, (0, 0), bot.0),
            Self::Group(group) => (5, (0, 0), group.0),
            Self::User(user) => (6, (0, 0), user.0),
            Self::Nested { group, member } => (8, (group.0, 0), member.0),
            Self::Unnested { group, member } => (9, (group.0, 0), member.0),
            Self::GroupAssigned { bot, role, group } => (10, (bot.0, role.0), group.0),
            Self::GroupUnassigned { bot, role, group } => (11, (bot.0, role.0), group.0),
            Self::Joined { group, user } => (12, (group.0, 0), user.0),
            Self::Left { group, user } => (13, (group.0, 0), user.0),
            Self::UserAssigned { bot, role, user } => (14, (bot.0, role.0), user.0),
            Self::UserUnassigned { bot, role, user } => (15, (bot.0, role.0), user.0),
        };
        Coded { kind, head, item }
    }

    fn of(coded: Coded) -> Option<Self> {
        let Coded { kind, head: (outer, inner), item } = coded;
        let (bot, role, group) = (BotNo(outer), RoleNo(inner), GroupNo(outer));
        let delta = match kind {
            1 => Self::Account,
            2 => Self::Apps,
            3 => Self::Role(RoleNo(item)),
            4 => Self::Bot(BotNo(item)),
            5 => Self::Group(GroupNo(item)),
            6 => Self::User(UserNo(item)),
            8 => Self::Nested { group, member: GroupNo(item) },
            9 => Self::Unnested { group, member: GroupNo(item) },
            10 => Self::GroupAssigned { bot, role, group: GroupNo(item) },
            11 => Self::GroupUnassigned { bot, role, group: GroupNo(item) },
            12 => Self::Joined { group, user: UserNo(item) },
            13 => Self::Left { group, user: UserNo(item) },
            14 => Self::UserAssigned { bot, role, user: UserNo(item) },
            15 => Self::UserUnassigned { bot, role, user: UserNo(item) },
            _ => return None,
        };
        // What this kind has no room for must not be there either.
        (delta.coded() == coded).then_some(delta)
    }

    /// What the delta is about, whichever way it went: an even kind and the odd one after it, from
    /// 8 on, are the beginning and the end of one fact.
    fn fact(&self) -> Coded {
        let coded = self.coded();
        if coded.kind < 8 { coded } else { Coded { kind: coded.kind & !1, ..coded } }
    }
}

/// Seven bits a byte, the lowest first; the eighth says that there are more.
fn write(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn read(rest: &mut &[u8]) -> Result<u64, Broken> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, tail) = rest.split_first().ok_or(Broken)?;
        *rest = tail;
        let low = u64::from(byte & 0x7f);
        if shift == 63 && low > 1 {
            return Err(Broken);
        }
        number |= low << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Broken)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn a_number() -> impl Strategy<Value = i64> {
        prop_oneof![8 => 0..40_i64, 1 => any::<i64>()]
    }

    fn a_delta() -> impl Strategy<Value = Delta> {
        (1..=15_u8, a_number(), a_number(), a_number()).prop_filter_map("kinds that are", |(kind, a, b, item)| {
            let heads = [(a, b), (a, 0), (0, 0)];
            heads.into_iter().find_map(|head| Delta::of(Coded { kind, head, item: if kind < 3 { 0 } else { item } }))
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(deltas in vec(a_delta(), 0..200)) {
            prop_assert_eq!(decode(&encode(&deltas)), Ok(settle(&deltas)));
        }

        #[test]
        fn of_one_fact_the_last_delta_counts(deltas in vec(a_delta(), 0..200)) {
            let settled = settle(&deltas);
            for delta in &settled {
                let last = deltas.iter().rev().find(|other| other.fact() == delta.fact());
                prop_assert_eq!(last, Some(delta));
            }
            for delta in &deltas {
                prop_assert_eq!(settled.iter().filter(|other| other.fact() == delta.fact()).count(), 1);
            }
        }

        #[test]
        fn bytes_of_any_kind_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), is_of_version in any::<bool>()) {
            let bytes = if is_of_version { [&[VERSION], bytes.as_slice()].concat() } else { bytes };
            if let Ok(deltas) = decode(&bytes) {
                prop_assert!(deltas.len() < bytes.len());
            }
        }
    }

    #[test]
    fn a_role_given_to_many_costs_two_bytes_for_each() {
        let (bot, role) = (BotNo(17), RoleNo(300));
        let deltas: Vec<Delta> =
            (0..10_000).map(|nth| Delta::UserAssigned { bot, role, user: UserNo(nth * 100 + nth % 97) }).collect();
        assert!(encode(&deltas).len() < 20_000);
        assert!(encode(&[Delta::User(UserNo(1_000_000))]).len() < 10);
    }

    #[test]
    fn no_bytes_and_bytes_of_another_version_are_no_deltas() {
        assert_eq!(decode(&[]), Err(Broken));
        assert_eq!(decode(&[2]), Err(Broken));
        assert_eq!(decode(&encode(&[])), Ok(Vec::new()));
    }

    #[test]
    fn more_deltas_than_are_kept_of_a_change_are_refused() {
        let deltas: Vec<Delta> = (0..).map(|no| Delta::User(UserNo(no))).take(MAX_DELTAS + 1).collect();
        assert_eq!(decode(&encode(&deltas)), Err(Broken));
        assert_eq!(decode(&encode(&deltas[1..])).map(|deltas| deltas.len()), Ok(MAX_DELTAS));
    }
}
