//! Who the users of a chunk are: numbers, ids, addresses, names.

use rolecall_model::{
    search::Person,
    user::{Status, UserRow},
};

use crate::{
    domains::{Domains, Email},
    id::Id,
    ints::{self, Column, size},
};

/// The users of a chunk, in order of their numbers.
#[derive(Debug)]
pub(crate) struct People {
    first_no: u32,
    len: usize,
    /// 16 bytes of id a user, then flags, domains, and the columns.
    bytes: Box<[u8]>,
    /// What a number is past that of the first user and the place in the chunk.
    past: Column,
    /// Where in `text` each user's ends: address without domain, organisation id, first name, last
    /// name, id if it is odd.
    ends: Column,
    local_lens: Column,
    org_lens: Column,
    first_lens: Column,
    odd_lens: Column,
    text: Box<str>,
}

const DEVELOPER: u8 = 1;
const CREATOR: u8 = 2;
const NOT_ACTIVE: u8 = 4;
const SPECIAL: u8 = 8;
const ODD_ID: u8 = 16;

/// The bytes of an id.
const ID: usize = 16;

impl People {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn first_no(&self) -> u32 {
        self.first_no
    }

    pub(crate) fn no(&self, at: usize) -> u32 {
        self.first_no.saturating_add(size(at)).saturating_add(self.past.get(&self.bytes, at))
    }

    /// How many users have a number below `no`.
    pub(crate) fn n_below(&self, no: u32) -> usize {
        if self.past.is_zero() {
            return (no.saturating_sub(self.first_no) as usize).min(self.len);
        }
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.no(middle) < no {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The place of the user with number `no`.
    pub(crate) fn find(&self, no: u32) -> Option<usize> {
        let at = self.n_below(no);
        (at < self.len && self.no(at) == no).then_some(at)
    }

    fn flags(&self, at: usize) -> u8 {
        self.bytes.get(self.len * ID + at).copied().unwrap_or_default()
    }

    fn domain(&self, at: usize) -> u8 {
        self.bytes.get(self.len * (ID + 1) + at).copied().unwrap_or_default()
    }

    fn text_from(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends.get(&self.bytes, before) as usize)
    }

    fn text(&self, from: usize, len: usize) -> &str {
        self.text.get(from..from + len).unwrap_or_default()
    }

    pub(crate) fn id(&self, at: usize) -> Id<'_> {
        if self.flags(at) & ODD_ID != 0 {
            let end = self.ends.get(&self.bytes, at) as usize;
            let len = self.odd_lens.get(&self.bytes, at) as usize;
            return Id::Other(self.text(end - len, len));
        }
        let bytes = self.bytes.get(at * ID..).and_then(|rest| rest.first_chunk::<ID>());
        Id::Uuid(bytes.copied().unwrap_or_default())
    }

    pub(crate) fn email<'r>(&'r self, at: usize, domains: &'r Domains) -> Email<'r> {
        let local = self.text(self.text_from(at), self.local_lens.get(&self.bytes, at) as usize);
        Email { local, domain: domains.get(self.domain(at)) }
    }

    pub(crate) fn org_user_id(&self, at: usize) -> &str {
        let from = self.text_from(at) + self.local_lens.get(&self.bytes, at) as usize;
        self.text(from, self.org_lens.get(&self.bytes, at) as usize)
    }

    /// What of a user a search looks at, all found in one go: a search asks it of every user there is.
    pub(crate) fn person<'r>(&'r self, at: usize, domains: &'r Domains) -> Person<'r> {
        let local = self.local_lens.get(&self.bytes, at) as usize;
        let org = self.org_lens.get(&self.bytes, at) as usize;
        let first = self.first_lens.get(&self.bytes, at) as usize;
        let end = self.ends.get(&self.bytes, at) as usize - self.odd_lens.get(&self.bytes, at) as usize;
        let own = self.text.get(self.text_from(at)..end).unwrap_or_default();
        let (local, rest) = own.split_at_checked(local).unwrap_or_default();
        let (org_user_id, rest) = rest.split_at_checked(org).unwrap_or_default();
        let (first_name, last_name) = rest.split_at_checked(first).unwrap_or_default();
        Person { email: [local, domains.get(self.domain(at))], org_user_id, first_name, last_name }
    }

    fn names_from(&self, at: usize) -> usize {
        let local = self.local_lens.get(&self.bytes, at) as usize;
        self.text_from(at) + local + self.org_lens.get(&self.bytes, at) as usize
    }

    pub(crate) fn first_name(&self, at: usize) -> &str {
        self.text(self.names_from(at), self.first_lens.get(&self.bytes, at) as usize)
    }

    pub(crate) fn last_name(&self, at: usize) -> &str {
        let from = self.names_from(at) + self.first_lens.get(&self.bytes, at) as usize;
        let end = self.ends.get(&self.bytes, at) as usize - self.odd_lens.get(&self.bytes, at) as usize;
        self.text(from, end - from)
    }

    pub(crate) fn is_developer(&self, at: usize) -> bool {
        self.flags(at) & DEVELOPER != 0
    }

    pub(crate) fn can_create_bot(&self, at: usize) -> bool {
        self.flags(at) & CREATOR != 0
    }

    pub(crate) fn status(&self, at: usize) -> Status {
        if self.flags(at) & NOT_ACTIVE == 0 { Status::Active } else { Status::NotActive }
    }

    /// Whether no text of the user's has a quotation mark, a backslash or a control character.
    pub(crate) fn is_plain(&self, at: usize) -> bool {
        self.flags(at) & SPECIAL == 0
    }

    pub(crate) fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes.len() + self.text.len()
    }
}

/// Whether a quotation mark, a backslash or a control character is in it. All of it is looked at, which
/// takes less time than looking after each byte whether to stop.
fn has_special(text: &str) -> bool {
    text.bytes().fold(false, |has, byte| has || byte < b' ' || byte == b'"' || byte == b'\\')
}

/// People on their way into a chunk.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    nos: Vec<u32>,
    ids: Vec<u8>,
    flags: Vec<u8>,
    domains: Vec<u8>,
    ends: Vec<u32>,
    local_lens: Vec<u32>,
    org_lens: Vec<u32>,
    first_lens: Vec<u32>,
    odd_lens: Vec<u32>,
    text: String,
}

impl Draft {
    pub(crate) fn len(&self) -> usize {
        self.nos.len()
    }

    /// Adds a user behind those that are there; its number is `no`, above theirs.
    pub(crate) fn push(&mut self, no: u32, row: &UserRow<'_>, domains: &mut Domains) {
        let (local, domain) = domains.split(row.email);
        let mut flags = if row.is_developer { DEVELOPER } else { 0 } | if row.can_create_bot { CREATOR } else { 0 };
        if row.status == Status::NotActive {
            flags |= NOT_ACTIVE;
        }
        let mut odd_id = "";
        match Id::parse(row.id) {
            Id::Uuid(bytes) => self.ids.extend_from_slice(&bytes),
            Id::Other(text) => {
                odd_id = text;
                flags |= ODD_ID;
                self.ids.extend_from_slice(&[0; ID]);
            }
        }
        let before = self.text.len();
        for text in [local, row.org_user_id, row.first_name, row.last_name, odd_id] {
            self.text.push_str(text);
        }
        let added = self.text.get(before..).unwrap_or_default();
        if has_special(added) || has_special(domains.get(domain)) {
            flags |= SPECIAL;
        }
        self.nos.push(no);
        self.flags.push(flags);
        self.domains.push(domain);
        self.ends.push(size(self.text.len()));
        self.local_lens.push(size(local.len()));
        self.org_lens.push(size(row.org_user_id.len()));
        self.first_lens.push(size(row.first_name.len()));
        self.odd_lens.push(size(odd_id.len()));
    }

    /// Adds the user at place `at` of `people` behind those that are there.
    pub(crate) fn copy(&mut self, people: &People, at: usize) {
        let bytes = &people.bytes;
        self.nos.push(people.no(at));
        self.ids.extend_from_slice(bytes.get(at * ID..(at + 1) * ID).unwrap_or_default());
        self.flags.push(people.flags(at));
        self.domains.push(people.domain(at));
        let from = people.text_from(at);
        self.text.push_str(people.text(from, people.ends.get(bytes, at) as usize - from));
        self.ends.push(size(self.text.len()));
        self.local_lens.push(people.local_lens.get(bytes, at));
        self.org_lens.push(people.org_lens.get(bytes, at));
        self.first_lens.push(people.first_lens.get(bytes, at));
        self.odd_lens.push(people.odd_lens.get(bytes, at));
    }

    /// The people, and an empty draft with the room that this one had.
    pub(crate) fn finish(&mut self) -> People {
        let len = self.nos.len();
        let first_no = self.nos.first().copied().unwrap_or_default();
        let past: Vec<u32> = (0..).zip(&self.nos).map(|(at, no)| no - first_no - at).collect();
        let mut bytes = Vec::with_capacity(len * (ID + 8) + 16);
        bytes.append(&mut self.ids);
        bytes.append(&mut self.flags);
        bytes.append(&mut self.domains);
        let past = Column::pack(&mut bytes, &past);
        let ends = Column::pack(&mut bytes, &self.ends);
        let local_lens = Column::pack(&mut bytes, &self.local_lens);
        let org_lens = Column::pack(&mut bytes, &self.org_lens);
        let first_lens = Column::pack(&mut bytes, &self.first_lens);
        let odd_lens = Column::pack(&mut bytes, &self.odd_lens);
        for column in [
            &mut self.nos,
            &mut self.ends,
            &mut self.local_lens,
            &mut self.org_lens,
            &mut self.first_lens,
            &mut self.odd_lens,
        ] {
            column.clear();
        }
        let text = self.text.as_str().into();
        self.text.clear();
        let bytes = ints::finish(bytes);
        People { first_no, len, bytes, past, ends, local_lens, org_lens, first_lens, odd_lens, text }
    }
}
