//! The users of an account in order of their numbers: chunks of 256 under nodes under a root.
//!
//! Each level knows how many users stand before each of its parts, so the user at any offset is
//! found as quickly as the first. A change makes new chunks for those it touches, new nodes above
//! them and a new root; all else is shared with the image before.

use std::sync::Arc;

use crate::{
    facts::{self, Facts, Place},
    ints::size,
    people::{self, People},
};

/// The most users of a chunk.
pub(crate) const CHUNK: usize = 256;
/// The chunks of a node when it is made; it may grow to twice as many.
const NODE: usize = 32;

/// Some users with what they hold.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) people: Arc<People>,
    pub(crate) facts: Facts,
}

impl Chunk {
    /// A chunk without users.
    pub(crate) fn empty() -> Self {
        Self { people: Arc::new(people::Draft::default().finish()), facts: facts::Draft::default().finish() }
    }

    fn size_bytes(&self) -> usize {
        self.people.size_bytes() + self.facts.size_bytes() + HEAD
    }
}

/// What the allocator and the counters of shared things take, about.
const HEAD: usize = 96;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    branches: Arc<[Branch]>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Branch {
    first_no: u32,
    /// How many users stand in the branches before.
    before: usize,
    node: Arc<Node>,
}

#[derive(Debug)]
struct Node {
    leaves: Vec<Leaf>,
    len: usize,
    size_bytes: usize,
}

#[derive(Clone, Debug)]
struct Leaf {
    first_no: u32,
    /// How many users stand in the node's leaves before.
    before: u32,
    /// How many users the chunk has, so that passing over it does not touch it.
    len: u32,
    /// Likewise what memory it takes.
    size_bytes: u32,
    chunk: Arc<Chunk>,
}

/// A place between two users, before the first or behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot {
    branch: usize,
    leaf: usize,
    at: usize,
}

/// A user's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'r> {
    pub(crate) chunk: &'r Chunk,
    pub(crate) at: usize,
    pub(crate) place: Place,
}

impl Tree {
    /// The tree of these chunks, in order and none of them empty.
    pub(crate) fn of(chunks: Vec<Arc<Chunk>>) -> Self {
        let mut nodes = Vec::with_capacity(chunks.len() / NODE + 1);
        let mut chunks = chunks.into_iter().peekable();
        while chunks.peek().is_some() {
            nodes.push(Arc::new(Node::of(chunks.by_ref().take(NODE).map(Leaf::of))));
        }
        Self::of_nodes(nodes)
    }

    fn of_nodes(nodes: Vec<Arc<Node>>) -> Self {
        let mut len = 0;
        let branches = nodes.into_iter().map(|node| {
            let before = len;
            len += node.len;
            let first_no = node.leaves.first().map_or(0, |leaf| leaf.first_no);
            Branch { first_no, before, node }
        });
        Self { branches: branches.collect(), len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.branches.iter().map(|branch| branch.node.size_bytes + size_of::<Branch>()).sum()
    }

    /// The users from the one at `offset` on.
    pub(crate) fn walk_from_offset(&self, offset: u64) -> Walk<'_> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if offset >= self.len {
            return self.walk(Spot { branch: self.branches.len(), leaf: 0, at: 0 });
        }
        let branch = self.branches.partition_point(|branch| branch.before <= offset).saturating_sub(1);
        let Some(found) = self.branches.get(branch) else { return self.walk(Spot { branch, leaf: 0, at: 0 }) };
        let offset = offset - found.before;
        let leaf = found.node.leaves.partition_point(|leaf| leaf.before as usize <= offset).saturating_sub(1);
        let before = found.node.leaves.get(leaf).map_or(0, |leaf| leaf.before as usize);
        self.walk(Spot { branch, leaf, at: offset - before })
    }

    /// The users whose number is above `no`.
    pub(crate) fn walk_after(&self, no: i64) -> Walk<'_> {
        let Ok(no) = u32::try_from(no.saturating_add(1).max(0)) else {
            return self.walk(Spot { branch: self.branches.len(), leaf: 0, at: 0 });
        };
        let branch = self.branches.partition_point(|branch| branch.first_no <= no).saturating_sub(1);
        let Some(found) = self.branches.get(branch) else { return self.walk(Spot { branch, leaf: 0, at: 0 }) };
        let leaf = found.node.leaves.partition_point(|leaf| leaf.first_no <= no).saturating_sub(1);
        let at = found.node.leaves.get(leaf).map_or(0, |leaf| leaf.chunk.people.n_below(no));
        self.walk(Spot { branch, leaf, at })
    }

    /// The user with number `no`.
    pub(crate) fn find(&self, no: u32) -> Option<Found<'_>> {
        let branch = self.branches.partition_point(|branch| branch.first_no <= no).checked_sub(1)?;
        let leaves = &self.branches.get(branch)?.node.leaves;
        let leaf = leaves.partition_point(|leaf| leaf.first_no <= no).checked_sub(1)?;
        let chunk = leaves.get(leaf)?.chunk.as_ref();
        let at = chunk.people.find(no)?;
        Some(Found { chunk, at, place: chunk.facts.place(at) })
    }

    fn walk(&self, spot: Spot) -> Walk<'_> {
        let mut walk = Walk { tree: self, spot, chunk: None, len: 0, place: Place::default() };
        walk.enter();
        walk
    }

    /// The tree with other chunks for those that the numbers `nos` lie in, which are sorted. `make`
    /// gets each such chunk and those of the numbers that are its own, and gives what is to stand
    /// in its place, which may be nothing.
    pub(crate) fn change(&self, nos: &[u32], mut make: impl FnMut(&Chunk, &[u32]) -> Vec<Chunk>) -> Self {
        if self.branches.is_empty() {
            return Self::of(make(&Chunk::empty(), nos).into_iter().map(Arc::new).collect());
        }
        let mut nodes = Vec::with_capacity(self.branches.len() + 1);
        let mut rest = nos;
        for (index, branch) in self.branches.iter().enumerate() {
            let end = self.branches.get(index + 1).map(|next| next.first_no);
            let (own, others) = rest.split_at(end.map_or(rest.len(), |end| rest.partition_point(|no| *no < end)));
            rest = others;
            if own.is_empty() {
                nodes.push(Arc::clone(&branch.node));
            } else {
                nodes.extend(branch.node.change(own, &mut make));
            }
        }
        Self::of_nodes(nodes)
    }
}

impl Leaf {
    fn of(chunk: Arc<Chunk>) -> Self {
        let (first_no, len) = (chunk.people.first_no(), size(chunk.people.len()));
        Self { first_no, before: 0, len, size_bytes: size(chunk.size_bytes()), chunk }
    }
}

impl Node {
    fn of(leaves: impl Iterator<Item = Leaf>) -> Self {
        let (mut len, mut size_bytes) = (0, size_of::<Self>());
        let leaf = |leaf: Leaf| {
            let before = size(len);
            len += leaf.len as usize;
            size_bytes += leaf.size_bytes as usize + size_of::<Leaf>();
            Leaf { before, ..leaf }
        };
        let leaves = leaves.map(leaf).collect();
        Self { leaves, len, size_bytes }
    }

    fn change(&self, nos: &[u32], make: &mut impl FnMut(&Chunk, &[u32]) -> Vec<Chunk>) -> Vec<Arc<Self>> {
        let mut leaves = Vec::with_capacity(self.leaves.len() + 1);
        let mut rest = nos;
        for (index, leaf) in self.leaves.iter().enumerate() {
            let end = self.leaves.get(index + 1).map(|next| next.first_no);
            let (own, others) = rest.split_at(end.map_or(rest.len(), |end| rest.partition_point(|no| *no < end)));
            rest = others;
            if own.is_empty() {
                leaves.push(leaf.clone());
            } else {
                let chunks = make(&leaf.chunk, own).into_iter().filter(|chunk| chunk.people.len() > 0);
                leaves.extend(chunks.map(|chunk| Leaf::of(Arc::new(chunk))));
            }
        }
        let most = if leaves.len() > 2 * NODE { NODE } else { 2 * NODE };
        let mut nodes = Vec::new();
        let mut leaves = leaves.into_iter().peekable();
        while leaves.peek().is_some() {
            nodes.push(Arc::new(Self::of(leaves.by_ref().take(most))));
        }
        nodes
    }
}

/// Goes through users in order of their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'r> {
    tree: &'r Tree,
    spot: Spot,
    /// The chunk that `spot` is in; none behind the last.
    chunk: Option<&'r Chunk>,
    /// How many users it has.
    len: usize,
    place: Place,
}

impl<'r> Walk<'r> {
    /// Looks up the chunk of `spot`, which may stand at the end of another.
    fn enter(&mut self) {
        loop {
            let Some(branch) = self.tree.branches.get(self.spot.branch) else {
                self.chunk = None;
                return;
            };
            match branch.node.leaves.get(self.spot.leaf) {
                Some(leaf) if self.spot.at < leaf.len as usize => {
                    // At the beginning it is nowhere else, and need not be looked up.
                    self.place =
                        if self.spot.at == 0 { Place::default() } else { leaf.chunk.facts.place(self.spot.at) };
                    self.len = leaf.len as usize;
                    self.chunk = Some(&leaf.chunk);
                    return;
                }
                Some(_) => self.spot = Spot { leaf: self.spot.leaf + 1, at: 0, ..self.spot },
                None => self.spot = Spot { branch: self.spot.branch + 1, leaf: 0, at: 0 },
            }
        }
    }

    /// The chunk of the next user and the user's place there; goes on behind the chunk.
    pub(crate) fn next_chunk(&mut self) -> Option<(&'r Chunk, usize)> {
        let next = (self.chunk?, self.spot.at);
        self.skip_chunk();
        Some(next)
    }

    /// Goes to the first user behind those of the chunk.
    fn skip_chunk(&mut self) {
        self.spot = Spot { leaf: self.spot.leaf + 1, at: 0, ..self.spot };
        self.enter();
    }
}

impl<'r> Iterator for Walk<'r> {
    type Item = Found<'r>;

    fn next(&mut self) -> Option<Found<'r>> {
        let chunk = self.chunk?;
        let found = Found { chunk, at: self.spot.at, place: self.place };
        self.spot.at += 1;
        if self.spot.at < self.len {
            self.place = chunk.facts.next(found.at, found.place);
        } else {
            self.skip_chunk();
        }
        Some(found)
    }
    /// Passes over whole chunks, and over the users of one without looking at them.
    fn nth(&mut self, mut n: usize) -> Option<Found<'r>> {
        loop {
            let chunk = self.chunk?;
            let left = self.len - self.spot.at;
            if n < left {
                self.spot.at += n;
                self.place = chunk.facts.place(self.spot.at);
                return self.next();
            }
            n -= left;
            self.skip_chunk();
        }
    }
}
