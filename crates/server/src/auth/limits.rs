//! How often an account may call: rolling windows, as the vendor counts them (wire fact 6).
//!
//! In any 60 seconds at most so many calls, whenever they come: all at once and then none for a
//! minute is as good as one a second. A leaky bucket (GCRA) cannot say that: with room for the whole
//! burst it lets nearly twice as many into one window, with less it refuses the burst.
//!
//! Calls that come close together, within a sixtieth of the window, are kept as one span, and all of
//! a span counts until its last call has left the window. So an account never gets more than its
//! quota, may wait a sixtieth of the window longer than it strictly must, and takes a bounded amount
//! of memory; an account without calls in its windows takes none.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use rolecall_model::{ids::AccountNo, phrase::Text, time::Instant};

use crate::say;

/// Which quotas hold, for each account by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// None.
    Off,
    /// So many calls a minute.
    PerMinute(NonZeroU32),
    /// The vendor's: 60 a minute and 1,800 an hour.
    Kore,
}

impl Profile {
    fn quotas(self) -> Vec<Quota> {
        match self {
            Self::Off => Vec::new(),
            Self::PerMinute(limit) => vec![Quota { window: Window::Minute, limit: limit.get() }],
            Self::Kore => {
                vec![Quota { window: Window::Minute, limit: 60 }, Quota { window: Window::Hour, limit: 1_800 }]
            }
        }
    }
}

/// A time over which calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// 60 seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
}

impl Window {
    /// The text of the answer, status and code 429, to a call over the quota (wire fact 15).
    pub fn message(self) -> Text {
        match self {
            Self::Minute => say::too_many_a_minute(),
            Self::Hour => say::too_many_an_hour(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
        }
    }

    fn length_ms(self) -> i64 {
        match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Quota {
    window: Window,
    limit: u32,
}

/// What every account has used of its quotas.
///
/// Concurrency: shared by all requests; the lock is held for a few steps of counting and, once a
/// minute, for one pass over the accounts.
#[derive(Debug)]
pub struct Limits {
    quotas: Vec<Quota>,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    accounts: HashMap<AccountNo, Account>,
    swept_at: Instant,
}

impl Limits {
    /// Nothing used yet.
    pub fn new(profile: Profile) -> Self {
        Self { quotas: profile.quotas(), used: Mutex::default() }
    }

    /// Whether `account` may call `now`. A call that may is counted, one that may not is not.
    pub fn check(&self, account: AccountNo, now: Instant) -> Verdict {
        if self.quotas.is_empty() {
            return Verdict { breach: None, standings: Vec::new() };
        }
        // A panic elsewhere under this lock leaves counters that are at worst off by one call.
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.sweep(now);
        used.accounts.entry(account).or_insert_with(|| Account::new(&self.quotas, now)).check(now)
    }
}

impl Used {
    /// Drops the accounts that have nothing left in their windows.
    fn sweep(&mut self, now: Instant) {
        if (now.as_ms() - self.swept_at.as_ms()).abs() < Window::Minute.length_ms() {
            return;
        }
        self.swept_at = now;
        self.accounts.retain(|_, account| {
            account.advance(now);
            account.counters.iter().any(|counter| counter.n > 0)
        });
    }
}

#[derive(Debug)]
struct Account {
    /// The latest time seen.
    now: Instant,
    /// One for each quota, the longest window last.
    counters: Vec<Counter>,
}

impl Account {
    fn new(quotas: &[Quota], now: Instant) -> Self {
        let counter = |quota: &Quota| Counter { quota: *quota, spans: VecDeque::new(), n: 0 };
        Self { now, counters: quotas.iter().map(counter).collect() }
    }

    fn check(&mut self, now: Instant) -> Verdict {
        self.advance(now);
        // The hour before the minute: over the hour is over, whatever the minute says.
        let breach = self.counters.iter().rfind(|counter| counter.n >= counter.quota.limit);
        let breach = breach.map(|counter| counter.quota.window);
        if breach.is_none() {
            self.counters.iter_mut().for_each(|counter| counter.count(self.now));
        }
        Verdict { breach, standings: self.counters.iter().map(|counter| counter.standing(self.now)).collect() }
    }

    /// Forgets what has left the windows by `now`. Requests that overtook each other on their way
    /// here do not turn time back; a clock that was set back does, and nothing before that counts.
    fn advance(&mut self, now: Instant) {
        if now.plus_ms(Window::Minute.length_ms()) < self.now {
            self.now = now;
            self.counters.iter_mut().for_each(Counter::clear);
        }
        self.now = self.now.max(now);
        self.counters.iter_mut().for_each(|counter| counter.forget(self.now));
    }
}

/// The calls in one window.
#[derive(Debug)]
struct Counter {
    quota: Quota,
    spans: VecDeque<Span>,
    /// The calls of all spans.
    n: u32,
}

#[derive(Debug)]
struct Span {
    first: Instant,
    last: Instant,
    n: u32,
}

impl Counter {
    fn clear(&mut self) {
        self.spans.clear();
        self.n = 0;
    }

    fn forget(&mut self, now: Instant) {
        let window_ms = self.quota.window.length_ms();
        while let Some(span) = self.spans.pop_front_if(|span| span.last.plus_ms(window_ms) <= now) {
            self.n -= span.n;
        }
    }

    fn count(&mut self, now: Instant) {
        self.n += 1;
        let span_ms = self.quota.window.length_ms() / 60;
        match self.spans.back_mut() {
            Some(span) if now < span.first.plus_ms(span_ms) => {
                span.last = now;
                span.n += 1;
            }
            _ => self.spans.push_back(Span { first: now, last: now, n: 1 }),
        }
    }

    fn standing(&self, now: Instant) -> Standing {
        let since = self.spans.front().map_or(now, |span| span.last);
        let more_in_ms = since.plus_ms(self.quota.window.length_ms()).as_ms() - now.as_ms();
        Standing { quota: self.quota, left: self.quota.limit - self.n, more_in_s: (more_in_ms + 999) / 1_000 }
    }
}

/// How a call stands to one quota.
#[derive(Clone, Copy, Debug)]
struct Standing {
    quota: Quota,
    left: u32,
    /// When the oldest calls leave the window; the whole window if there are none.
    more_in_s: i64,
}

/// Whether a call may go on, and what its answer says about the quotas.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The window whose quota is used up; `None` if the call may go on.
    pub breach: Option<Window>,
    standings: Vec<Standing>,
}

impl Verdict {
    /// The headers that belong on the answer, whatever its status: `RateLimit-Policy` and `RateLimit`
    /// (draft-ietf-httpapi-ratelimit-headers-11) if there are quotas, `Retry-After` after a breach.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        if self.standings.is_empty() {
            return Vec::new();
        }
        let policies = self.standings.iter().map(|Standing { quota: Quota { window, limit }, .. }| {
            format!("\"{}\";q={limit};w={}", window.name(), window.length_ms() / 1_000)
        });
        let limits = self
            .standings
            .iter()
            .map(|Standing { quota, left, more_in_s }| format!("\"{}\";r={left};t={more_in_s}", quota.window.name()));
        let mut headers = vec![("ratelimit-policy", joined(policies)), ("ratelimit", joined(limits))];
        if let Some(retry_after_s) = self.retry_after_s() {
            headers.push(("retry-after", retry_after_s.to_string()));
        }
        headers
    }

    /// After a breach, in how many seconds every quota has room again.
    fn retry_after_s(&self) -> Option<i64> {
        self.breach?;
        self.standings.iter().filter(|standing| standing.left == 0).map(|standing| standing.more_in_s).max()
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START_MS: i64 = 1_769_817_600_000;

    fn per_minute(limit: u32) -> Limits {
        Limits::new(Profile::PerMinute(NonZeroU32::new(limit).expect("not zero")))
    }

    fn check(limits: &Limits, at_ms: i64) -> Verdict {
        limits.check(AccountNo(7), Instant::from_ms(START_MS + at_ms))
    }

    fn shown(verdict: &Verdict) -> Vec<String> {
        verdict.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect()
    }

    #[test]
    fn off_neither_counts_nor_tells() {
        let limits = Limits::new(Profile::Off);
        for _ in 0..10_000 {
            let verdict = check(&limits, 0);
            assert_eq!((verdict.breach, verdict.headers().len()), (None, 0));
        }
    }

    #[test]
    fn the_vendors_minute_takes_sixty_at_once_and_then_none_until_they_have_left_it() {
        let limits = Limits::new(Profile::Kore);
        let first = check(&limits, 0);
        assert_eq!(
            shown(&first),
            [
                r#"ratelimit-policy: "minute";q=60;w=60, "hour";q=1800;w=3600"#,
                r#"ratelimit: "minute";r=59;t=60, "hour";r=1799;t=3600"#,
            ]
        );
        let last = (1..60).map(|_| check(&limits, 500)).last().expect("a verdict");
        assert_eq!(last.breach, None);
        assert_eq!(last.headers().len(), 2, "no wait is asked of a call that passed");

        let over = check(&limits, 30_250);
        assert_eq!(over.breach, Some(Window::Minute));
        assert_eq!(
            shown(&over),
            [
                r#"ratelimit-policy: "minute";q=60;w=60, "hour";q=1800;w=3600"#,
                r#"ratelimit: "minute";r=0;t=31, "hour";r=1740;t=3571"#,
                "retry-after: 31",
            ]
        );
        assert_eq!(check(&limits, 60_499).breach, Some(Window::Minute));
        assert_eq!(check(&limits, 60_500).breach, None);
    }

    #[test]
    fn the_hour_blocks_whatever_the_minute_says() {
        let limits = Limits::new(Profile::Kore);
        for minute in 0..30 {
            for _ in 0..60 {
                assert_eq!(check(&limits, minute * 60_000).breach, None);
            }
        }
        let over = check(&limits, 40 * 60_000);
        assert_eq!(over.breach, Some(Window::Hour));
        assert_eq!(shown(&over)[1..], [r#"ratelimit: "minute";r=60;t=60, "hour";r=0;t=1200"#, "retry-after: 1200"]);
        assert_eq!(check(&limits, 3_600_000 - 1).breach, Some(Window::Hour));
        assert_eq!(check(&limits, 3_600_000).breach, None);
    }

    #[test]
    fn both_windows_over_ask_for_the_longer_wait_and_name_the_hour() {
        let limits = Limits::new(Profile::Kore);
        for minute in 0..30 {
            for _ in 0..60 {
                check(&limits, minute * 60_000);
            }
        }
        let over = check(&limits, 29 * 60_000 + 1);
        assert_eq!(over.breach, Some(Window::Hour));
        assert_eq!(shown(&over)[2], "retry-after: 1860");
        assert!(over.breach.is_some_and(|window| window.message().to_string().contains("hourly")));
        assert!(Window::Minute.message().to_string().contains("per-minute"));
    }

    #[test]
    fn refused_calls_do_not_count() {
        let limits = per_minute(2);
        assert_eq!(check(&limits, 0).breach, None);
        assert_eq!(check(&limits, 1_000).breach, None);
        for at_ms in (1_001..60_000).step_by(50) {
            assert_eq!(check(&limits, at_ms).breach, Some(Window::Minute), "{at_ms}");
        }
        assert_eq!(check(&limits, 60_000).breach, None);
    }

    #[test]
    fn accounts_do_not_use_up_each_others_quota() {
        let limits = per_minute(1);
        for account in [1, 2, 3].map(AccountNo) {
            assert_eq!(limits.check(account, Instant::from_ms(START_MS)).breach, None);
            assert_eq!(limits.check(account, Instant::from_ms(START_MS)).breach, Some(Window::Minute));
        }
    }

    #[test]
    fn accounts_that_went_quiet_are_dropped() {
        let limits = Limits::new(Profile::Kore);
        for account in 100..1_100 {
            limits.check(AccountNo(account), Instant::from_ms(START_MS));
        }
        let kept = || limits.used.lock().expect("lock").accounts.len();
        check(&limits, 3_599_999);
        assert_eq!(kept(), 1_001);
        check(&limits, 3_659_999);
        assert_eq!(kept(), 1);
    }

    #[test]
    fn memory_is_bounded_however_many_calls_come() {
        let limits = per_minute(1_000_000);
        for at_ms in 0..200_000 {
            check(&limits, at_ms);
        }
        let used = limits.used.lock().expect("lock");
        let spans: Vec<_> = used.accounts.values().flat_map(|account| &account.counters).collect();
        assert!(spans.iter().all(|counter| counter.spans.len() <= 61), "{}", spans[0].spans.len());
    }

    #[test]
    fn requests_that_overtake_each_other_are_counted_and_a_clock_set_back_blocks_nobody() {
        let limits = per_minute(2);
        assert_eq!(check(&limits, 10).breach, None);
        assert_eq!(check(&limits, 7).breach, None);
        assert_eq!(check(&limits, 8).breach, Some(Window::Minute));
        assert_eq!(check(&limits, -86_400_000).breach, None);
        assert_eq!(check(&limits, -86_400_000).breach, None);
        assert_eq!(check(&limits, -86_400_000).breach, Some(Window::Minute));
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_its_quota(
            pauses_ms in proptest::collection::vec(prop_oneof![0i64..50, 0i64..3_000, 0i64..70_000], 1..300),
            limit in 1u32..20,
        ) {
            let limits = per_minute(limit);
            let mut at_ms = 0;
            let mut allowed = Vec::new();
            for pause_ms in pauses_ms {
                at_ms += pause_ms;
                let verdict = check(&limits, at_ms);
                if verdict.breach.is_none() {
                    allowed.push(at_ms);
                    continue;
                }
                let in_last_minute_and_a_span = allowed.iter().filter(|call| at_ms - **call < 61_000).count();
                prop_assert!(in_last_minute_and_a_span >= limit as usize, "refused without need");
            }
            for (index, start) in allowed.iter().enumerate() {
                let in_window = allowed[index..].iter().filter(|call| *call - start < 60_000).count();
                prop_assert!(in_window <= limit as usize, "{in_window} calls from {start}");
            }
        }

        #[test]
        fn who_waits_as_long_as_told_may_call(
            pauses_ms in proptest::collection::vec(0i64..5_000, 1..200),
            limit in 1u32..20,
        ) {
            let limits = per_minute(limit);
            let mut at_ms = 0;
            for pause_ms in pauses_ms {
                at_ms += pause_ms;
                let Some(wait_s) = check(&limits, at_ms).retry_after_s() else { continue };
                prop_assert!((1..=60).contains(&wait_s), "{wait_s}");
                at_ms += wait_s * 1_000;
                prop_assert_eq!(check(&limits, at_ms).breach, None);
            }
        }
    }
}
