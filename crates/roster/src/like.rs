//! Looking people up by what somebody has typed so far, among all users of an account.

use rolecall_model::search::Words;

use crate::{
    image::{Image, Roster},
    tree::{Chunk, Found, Walk},
    user::UserRef,
};

/// The users whom some words fit, in order of their numbers.
#[derive(Clone, Debug)]
pub struct Like<'r, 'w> {
    image: &'r Image,
    walk: Walk<'r>,
    words: &'w Words,
    /// The chunk looked into, and the place to go on from.
    chunk: Option<(&'r Chunk, usize)>,
}

impl Roster {
    /// The users behind the one with number `after` whom `words` fit. All users behind it are looked at
    /// until one fits, but nothing of them except what words are compared with.
    pub fn users_like<'r, 'w>(&'r self, words: &'w Words, after: i64) -> Like<'r, 'w> {
        let image = &*self.0;
        let walk = if after > 0 { image.users.walk_after(after) } else { image.users.walk_from_offset(0) };
        Like { image, walk, words, chunk: None }
    }
}

impl<'r> Iterator for Like<'r, '_> {
    type Item = UserRef<'r>;

    fn next(&mut self) -> Option<UserRef<'r>> {
        loop {
            let (chunk, from) = match self.chunk.take() {
                Some(open) => open,
                None => self.walk.next_chunk()?,
            };
            let people = &chunk.people;
            let fits = |at: &usize| self.words.fit(&people.person(*at, &self.image.domains));
            if let Some(at) = (from..people.len()).find(fits) {
                self.chunk = Some((chunk, at + 1));
                return Some(UserRef::new(self.image, Found { chunk, at, place: chunk.facts.place(at) }));
            }
        }
    }
}
