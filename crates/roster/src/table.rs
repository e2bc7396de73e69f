//! The few things of an account: its roles, its bots, its groups, each by a small slot.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock},
};

use rolecall_model::{bot::Bot, page::Start};

use crate::ints::size;

/// How many entries share a page, and the bytes rendered of them.
const PAGE: usize = 64;

/// What a renderer may make of an entry and keep beside it until the entry changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// The entry as it stands in its own list.
    Row,
    /// The entry as it stands beside a user who holds it.
    Held,
}

/// What stands in a table.
pub trait Entry {
    /// What others see of it.
    type Model;

    /// What others see of it.
    fn model(&self) -> &Self::Model;
    /// Its number.
    fn no(&self) -> i64;
    /// Its id.
    fn id(&self) -> &str;
}

impl Entry for Bot {
    type Model = Self;

    fn model(&self) -> &Self {
        self
    }

    fn no(&self) -> i64 {
        self.no.0
    }

    fn id(&self) -> &str {
        &self.id
    }
}

/// Entries by slot. A slot is given once: what is removed leaves a hole, so a fact that names it
/// leads nowhere. What comes back gets another slot.
#[derive(Debug)]
pub(crate) struct Table<T> {
    pages: Vec<Arc<Page<T>>>,
    /// The number of what is or was in each slot.
    nos: Vec<i64>,
    /// The slots in use, in order of their entries' numbers, beside these numbers.
    by_no: Vec<(i64, u32)>,
    /// The slots in use, in order of their entries' ids.
    by_id: Vec<u32>,
}

/// Some entries, and what was rendered of them.
#[derive(Debug)]
struct Page<T> {
    entries: Vec<Option<Arc<T>>>,
    rows: OnceLock<Rendered>,
    held: OnceLock<Rendered>,
}

/// What was rendered of the entries of a page, end to end.
#[derive(Debug)]
struct Rendered {
    bytes: Box<[u8]>,
    ends: Vec<u32>,
}

impl<T> Page<T> {
    fn of(entries: Vec<Option<Arc<T>>>) -> Self {
        Self { entries, rows: OnceLock::new(), held: OnceLock::new() }
    }
}

impl<T> Clone for Page<T> {
    fn clone(&self) -> Self {
        Self::of(self.entries.clone())
    }
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { pages: self.pages.clone(), nos: self.nos.clone(), by_no: self.by_no.clone(), by_id: self.by_id.clone() }
    }
}

impl<T: Entry> Table<T> {
    /// The table of `entries`, which are given slots from `first` on in order of their numbers.
    pub(crate) fn of(first: u32, mut entries: Vec<T>) -> Self {
        entries.sort_by_key(Entry::no);
        let by_no: Vec<(i64, u32)> = entries.iter().zip(first..).map(|(entry, slot)| (entry.no(), slot)).collect();
        let nos = (0..first).map(|_| 0).chain(by_no.iter().map(|(no, _)| *no)).collect();
        let mut entries =
            (0..first).map(|_| None).chain(entries.into_iter().map(|entry| Some(Arc::new(entry)))).peekable();
        let mut pages = Vec::new();
        while entries.peek().is_some() {
            pages.push(Arc::new(Page::of(entries.by_ref().take(PAGE).collect())));
        }
        let mut table = Self { pages, nos, by_no, by_id: Vec::new() };
        let mut by_id: Vec<u32> = table.by_no.iter().map(|(_, slot)| *slot).collect();
        by_id.sort_by(|a, b| table.id(*a).cmp(table.id(*b)));
        table.by_id = by_id;
        table
    }

    fn id(&self, slot: u32) -> &str {
        self.get(slot).map_or("", Entry::id)
    }

    /// How many slots were given out.
    pub(crate) fn n_slots(&self) -> usize {
        self.nos.len()
    }

    /// The number of what is or was in `slot`.
    pub(crate) fn no(&self, slot: u32) -> i64 {
        self.nos.get(slot as usize).copied().unwrap_or_default()
    }

    /// The slot of the entry with number `no`.
    pub(crate) fn slot(&self, no: i64) -> Option<u32> {
        let at = self.by_no.binary_search_by_key(&no, |(no, _)| *no).ok()?;
        self.by_no.get(at).map(|(_, slot)| *slot)
    }

    /// The entry in `slot`, unless it is gone.
    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.pages.get(slot as usize / PAGE)?.entries.get(slot as usize % PAGE)?.as_deref()
    }

    /// The entry in `slot`, unless it is gone, to be handed out.
    pub(crate) fn get_ref(&self, slot: u32) -> Option<Ref<'_, T>> {
        let page = self.pages.get(slot as usize / PAGE)?;
        let at = slot as usize % PAGE;
        Some(Ref { page, at, slot, entry: page.entries.get(at)?.as_deref()? })
    }

    /// The entry with number `no`.
    pub(crate) fn find(&self, no: i64) -> Option<Ref<'_, T>> {
        self.get_ref(self.slot(no)?)
    }

    /// The entry with id `id`.
    pub(crate) fn find_by_id(&self, id: &str) -> Option<Ref<'_, T>> {
        let at = self.by_id.binary_search_by(|slot| self.id(*slot).cmp(id)).ok()?;
        self.get_ref(*self.by_id.get(at)?)
    }

    /// The entries from `start` on, in order of their numbers.
    pub(crate) fn list(&self, start: Start) -> impl Iterator<Item = Ref<'_, T>> + Clone {
        let from = match start {
            Start::Offset(offset) => usize::try_from(offset).unwrap_or(usize::MAX).min(self.by_no.len()),
            Start::After(after) => self.by_no.partition_point(|(no, _)| *no <= after),
        };
        self.by_no.get(from..).unwrap_or_default().iter().filter_map(|(_, slot)| self.get_ref(*slot))
    }

    /// All entries, in order of their numbers.
    pub(crate) fn list_entries(&self) -> impl Iterator<Item = &T> {
        self.by_no.iter().filter_map(|(_, slot)| self.get(*slot))
    }

    pub(crate) fn len(&self) -> usize {
        self.by_no.len()
    }

    /// Puts what `change` makes of the entry in `slot` in its place.
    pub(crate) fn edit(&mut self, slot: u32, change: impl FnOnce(&T) -> T) {
        if let Some(entry) = self.get(slot).map(change) {
            self.set(slot, Some(Arc::new(entry)));
        }
    }

    /// Puts `entry` in the place of the one with its number, or adds it; its slot.
    pub(crate) fn put(&mut self, entry: T) -> u32 {
        let no = entry.no();
        match self.by_no.binary_search_by_key(&no, |(no, _)| *no) {
            Ok(at) => {
                let slot = self.by_no.get(at).map_or(0, |(_, slot)| *slot);
                self.set(slot, Some(Arc::new(entry)));
                slot
            }
            Err(at) => {
                let slot = size(self.nos.len());
                self.nos.push(no);
                self.by_no.insert(at, (no, slot));
                let at = self.by_id.partition_point(|own| self.id(*own) < entry.id());
                self.by_id.insert(at, slot);
                self.set(slot, Some(Arc::new(entry)));
                slot
            }
        }
    }

    /// Removes the entry with number `no`; the slot it had.
    pub(crate) fn remove(&mut self, no: i64) -> Option<u32> {
        let at = self.by_no.binary_search_by_key(&no, |(no, _)| *no).ok()?;
        let (_, slot) = self.by_no.remove(at);
        self.by_id.retain(|own| *own != slot);
        self.set(slot, None);
        Some(slot)
    }

    fn set(&mut self, slot: u32, entry: Option<Arc<T>>) {
        let (index, at) = (slot as usize / PAGE, slot as usize % PAGE);
        if self.pages.len() <= index {
            self.pages.push(Arc::new(Page::of(Vec::new())));
        }
        let Some(page) = self.pages.get_mut(index).map(Arc::make_mut) else { return };
        page.rows.take();
        page.held.take();
        if page.entries.len() <= at {
            page.entries.resize(at + 1, None);
        }
        if let Some(place) = page.entries.get_mut(at) {
            *place = entry;
        }
    }

    /// Drops all that was rendered, because it may also show what stands elsewhere.
    pub(crate) fn forget_rendered(&mut self) {
        for page in &mut self.pages {
            *page = Arc::new(Page::of(page.entries.clone()));
        }
    }

    pub(crate) fn size_bytes(&self, of_entry: impl Fn(&T) -> usize) -> usize {
        let entries = self.by_no.iter().filter_map(|(_, slot)| self.get(*slot));
        entries.map(|entry| of_entry(entry) + size_of::<T>() + 16).sum::<usize>()
            + self.nos.len() * 16
            + self.by_no.len() * 20
    }
}

/// An entry of a roster: a role, a bot or a group. It shows itself as what it is of the model.
pub struct Ref<'r, T> {
    page: &'r Page<T>,
    at: usize,
    slot: u32,
    entry: &'r T,
}

impl<T> Clone for Ref<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Ref<'_, T> {}

impl<T: Entry> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref").field("no", &self.entry.no()).finish_non_exhaustive()
    }
}

impl<T: Entry> Deref for Ref<'_, T> {
    type Target = T::Model;

    fn deref(&self) -> &T::Model {
        self.entry.model()
    }
}

impl<'r, T: Entry> Ref<'r, T> {
    /// The entry for as long as the roster is there.
    pub fn get(self) -> &'r T::Model {
        self.entry.model()
    }

    pub(crate) fn slot(self) -> u32 {
        self.slot
    }

    pub(crate) fn entry(self) -> &'r T {
        self.entry
    }

    /// What `render` makes of the entry. It is made once, together with that of the entries beside
    /// it, and kept until one of these changes. So `render` must show nothing but the entry, the
    /// account and its apps, and be the same function each time for each kind of fragment.
    pub fn fragment(self, kind: Fragment, render: impl Fn(&T::Model, &mut Vec<u8>)) -> &'r [u8] {
        let slot = match kind {
            Fragment::Row => &self.page.rows,
            Fragment::Held => &self.page.held,
        };
        let rendered = slot.get_or_init(|| {
            let mut bytes = Vec::new();
            let entries = self.page.entries.iter();
            let ends = entries.map(|entry| {
                if let Some(entry) = entry {
                    render(entry.model(), &mut bytes);
                }
                size(bytes.len())
            });
            let ends = ends.collect();
            Rendered { bytes: bytes.into_boxed_slice(), ends }
        });
        let end = |at: usize| rendered.ends.get(at).map_or(0, |end| *end as usize);
        let from = self.at.checked_sub(1).map_or(0, end);
        rendered.bytes.get(from..end(self.at)).unwrap_or_default()
    }
}
