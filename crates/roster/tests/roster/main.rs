//! A roster against an oracle: plain sets and maps of the same account, asked the same questions.

#![expect(clippy::expect_used, reason = "what is missing here fails the test")]

mod compare;
mod histories;
mod odd;
mod oracle;
