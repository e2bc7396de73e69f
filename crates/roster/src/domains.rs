//! The domains of e-mail addresses, each kept once: most users of an account share a few.

use std::{fmt, sync::Arc};

/// An e-mail address, in two pieces that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Email<'r> {
    /// What stands before its `@`; all of an address whose domain is not among the account's 255
    /// first.
    pub local: &'r str,
    /// The `@` and what stands behind it, or nothing.
    pub domain: &'r str,
}

impl Email<'_> {
    /// Whether `text` is this address to the letter.
    pub fn is(&self, text: &str) -> bool {
        text.strip_prefix(self.local) == Some(self.domain)
    }
}

impl fmt::Display for Email<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.local)?;
        f.write_str(self.domain)
    }
}

/// The domains of an account. Number 0 is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Domains {
    texts: Arc<Vec<Box<str>>>,
    last: u8,
}

impl Domains {
    /// The text of domain `number`, with its `@`.
    pub(crate) fn get(&self, number: u8) -> &str {
        let index = usize::from(number).checked_sub(1);
        index.and_then(|index| self.texts.get(index)).map_or("", AsRef::as_ref)
    }

    /// An address in two: what is kept with the user, and the number of its domain, which is made
    /// known here if there is room.
    pub(crate) fn split<'a>(&mut self, email: &'a str) -> (&'a str, u8) {
        let Some((local, domain)) = email.rfind('@').and_then(|at| email.split_at_checked(at)) else {
            return (email, 0);
        };
        if self.last != 0 && self.get(self.last) == domain {
            return (local, self.last);
        }
        let number = match self.texts.iter().position(|text| **text == *domain) {
            Some(index) => u8::try_from(index + 1).ok(),
            None => self.add(domain),
        };
        match number {
            Some(number) => {
                self.last = number;
                (local, number)
            }
            None => (email, 0),
        }
    }

    fn add(&mut self, domain: &str) -> Option<u8> {
        let number = u8::try_from(self.texts.len() + 1).ok()?;
        Arc::make_mut(&mut self.texts).push(domain.into());
        Some(number)
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.texts.iter().map(|text| size_of::<Box<str>>() + text.len()).sum()
    }
}
