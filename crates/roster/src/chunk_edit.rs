//! Changing a chunk of users: new ones, others in their place, some gone, other facts.

use std::sync::Arc;

use rolecall_model::user::{User, UserRow};

use crate::{
    domains::Domains,
    facts::{self, Fact, Place},
    image::Image,
    index::Hasher,
    load::{fold_into, note_held},
    people,
    tree::{CHUNK, Chunk},
};

/// A change of one user. Those of rows come before those of facts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit<'s> {
    /// Its row is this.
    Row(&'s User),
    /// It is gone.
    Gone,
    /// It holds this.
    Holds(Fact),
    /// It does not hold this any more.
    Lost(Fact),
    /// It is in this group.
    In(u32),
    /// It is not in this group any more.
    Out(u32),
}

/// What changing chunks leaves to be done elsewhere.
pub(crate) struct Editor<'i> {
    /// The image in which what is named was found.
    pub(crate) image: &'i Image,
    pub(crate) domains: Domains,
    /// The groups that users came into and went out of.
    pub(crate) came: Vec<u32>,
    pub(crate) went: Vec<u32>,
    /// What is held now and was not known to be held before.
    pub(crate) newly_held: Vec<Fact>,
    /// Hashes and numbers to take out of the indexes, and to put in.
    pub(crate) ids: Changes,
    pub(crate) emails: Changes,
    folded: String,
}

/// What changes in an index.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) gone: Vec<(u32, u32)>,
    pub(crate) come: Vec<(u32, u32)>,
}

impl<'i> Editor<'i> {
    pub(crate) fn new(image: &'i Image) -> Self {
        Self {
            image,
            domains: image.domains.clone(),
            came: Vec::new(),
            went: Vec::new(),
            newly_held: Vec::new(),
            ids: Changes::default(),
            emails: Changes::default(),
            folded: String::new(),
        }
    }

    /// The chunks that stand for `chunk` after `edits`, which are in order of users.
    pub(crate) fn edit(&mut self, chunk: &Chunk, edits: &[(u32, Edit<'_>)]) -> Vec<Chunk> {
        let has_rows = edits.iter().any(|(_, edit)| matches!(edit, Edit::Row(_) | Edit::Gone));
        let old_facts = chunk.facts.unpack(chunk.people.len());
        let mut building = Building {
            old: chunk,
            at: 0,
            place: Place::default(),
            people: has_rows.then(people::Draft::default),
            facts: facts::Draft::with_room_of(&old_facts),
            old_facts,
            made: Vec::new(),
        };
        for of_user in edits.chunk_by(|(a, _), (b, _)| a == b) {
            let Some((no, _)) = of_user.first() else { continue };
            self.edit_user(&mut building, *no, of_user);
        }
        building.copy_to(chunk.people.len());
        building.end();
        building.made
    }

    fn edit_user(&mut self, building: &mut Building<'_>, no: u32, edits: &[(u32, Edit<'_>)]) {
        let people = &building.old.people;
        let at = people.n_below(no);
        let is_there = at < people.len() && people.no(at) == no;
        building.copy_to(at);
        let (mut held, mut joined) = if is_there { building.take() } else { (Vec::new(), Vec::new()) };
        let mut row = None;
        let mut stays = is_there;
        for (_, edit) in edits {
            match edit {
                Edit::Row(user) => (row, stays) = (Some(*user), true),
                Edit::Gone => (row, stays) = (None, false),
                Edit::Holds(fact) if stays && !held.contains(fact) => {
                    let key = self.image.key(*fact);
                    let before = held.partition_point(|own| self.image.key(*own) < key);
                    held.insert(before, *fact);
                    self.newly_held.push(*fact);
                }
                Edit::Lost(fact) => held.retain(|own| own != fact),
                Edit::In(group) if stays && !joined.contains(group) => {
                    joined.push(*group);
                    self.came.push(*group);
                }
                Edit::Out(group) => {
                    let n = joined.len();
                    joined.retain(|own| own != group);
                    if joined.len() < n {
                        self.went.push(*group);
                    }
                }
                Edit::Holds(_) | Edit::In(_) => {}
            }
        }
        if !stays {
            self.went.extend(&joined);
        }
        if is_there && (row.is_some() || !stays) {
            let email = people.email(at, &self.image.domains).to_string();
            let id = people.id(at).to_string();
            self.unindex(no, &id, &email);
        }
        if !stays {
            return;
        }
        // What is gone leads nowhere, so it need not be kept.
        held.retain(|fact| self.image.is_there(*fact));
        joined.retain(|group| self.image.groups.get(*group).is_some());
        building.make_room();
        match row {
            Some(user) => {
                self.index(no, &user.id, &user.email);
                if let Some(people) = &mut building.people {
                    people.push(no, &UserRow::from(user), &mut self.domains);
                }
            }
            None => {
                if let Some(people) = &mut building.people {
                    people.copy(&building.old.people, at);
                }
            }
        }
        building.facts.push(held.into_iter(), joined.into_iter());
    }

    fn hashes(&mut self, id: &str, email: &str) -> (u32, u32) {
        let hasher: &Hasher = &self.image.hasher;
        fold_into(email, &mut self.folded);
        (hasher.hash(id.as_bytes()), hasher.hash(self.folded.as_bytes()))
    }

    fn index(&mut self, no: u32, id: &str, email: &str) {
        let (id, email) = self.hashes(id, email);
        self.ids.come.push((id, no));
        self.emails.come.push((email, no));
    }

    fn unindex(&mut self, no: u32, id: &str, email: &str) {
        let (id, email) = self.hashes(id, email);
        self.ids.gone.push((id, no));
        self.emails.gone.push((email, no));
    }

    /// Adds what was newly held to what is known to be held.
    pub(crate) fn held_by(&self, ever_held: &mut Arc<Vec<Vec<u64>>>) {
        for fact in &self.newly_held {
            let words = ever_held.get(fact.bot as usize);
            let word = words.and_then(|words| words.get(fact.role as usize / 64)).copied().unwrap_or_default();
            if word & 1 << (fact.role % 64) == 0 {
                note_held(Arc::make_mut(ever_held), *fact);
            }
        }
    }
}

/// A chunk being made anew out of an old one.
struct Building<'c> {
    old: &'c Chunk,
    old_facts: facts::Draft,
    /// How many users of the old chunk were dealt with, and where the facts of the next stand.
    at: usize,
    place: Place,
    /// The people so far; none if they stay as they are.
    people: Option<people::Draft>,
    facts: facts::Draft,
    made: Vec<Chunk>,
}

impl Building<'_> {
    /// Copies the users of the old chunk up to the one at `to`.
    fn copy_to(&mut self, to: usize) {
        match &mut self.people {
            None => {
                self.place = self.facts.copy(&self.old_facts, self.at, to - self.at, self.place);
                self.at = to;
            }
            Some(_) => {
                while self.at < to {
                    self.make_room();
                    if let Some(people) = &mut self.people {
                        people.copy(&self.old.people, self.at);
                    }
                    self.place = self.facts.copy(&self.old_facts, self.at, 1, self.place);
                    self.at += 1;
                }
            }
        }
    }

    /// Passes over the next user of the old chunk and tells what it holds and is in.
    fn take(&mut self) -> (Vec<Fact>, Vec<u32>) {
        let (held, joined, place) = self.old_facts.of_user(self.at, self.place);
        self.place = place;
        self.at += 1;
        (held, joined)
    }

    /// Begins another chunk if this one is full.
    fn make_room(&mut self) {
        if self.people.as_ref().is_some_and(|people| people.len() == CHUNK) {
            self.end();
        }
    }

    fn end(&mut self) {
        let people = match &mut self.people {
            None => Arc::clone(&self.old.people),
            Some(people) => Arc::new(people.finish()),
        };
        self.made.push(Chunk { people, facts: self.facts.finish() });
    }
}
