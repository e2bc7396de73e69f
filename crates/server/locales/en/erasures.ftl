# Erasures of people's data, and holds.

section-erasures = Erasures
erasures-late = { $n ->
    [one] One erasure is late
   *[other] { $n } erasures are late
}
erasures-all = All
erasures-show = Show
erasures-none = There is no such erasure.
erasures-count = { $n ->
    [one] 1 erasure
   *[other] { $n } erasures
}
erasures-newest = Back to the newest
erasures-older = Older
erasure-title = Erasure
erasure-id = Erasure
erasure-state-label = State
erasure-people = People
erasure-requested = Requested
erasure-deadline = Answer due
erasure-ended = Ended
erasure-late = late
erasure-is-late = The answer to this request was due already.
erasure-approve = Look at the plan and approve
erasure-retry = Try again now
erasure-cancel = Call off
erasure-receipt = Download the receipt
erasure-facts = The request
erasure-scope = Bots
erasure-all-bots = All bots
erasure-some-bots = Only these bots
erasure-bots-by-id = Further bots, by their ids
erasure-grounds = Grounds
erasure-grounds-help = For the receipt. Name nobody here.
erasure-not-before = Begins at the earliest
erasure-not-before-utc = Begin no earlier than (UTC)
erasure-updated = Last change
erasure-next-attempt = Next attempt
erasure-plan = Plan
erasure-stores = Progress in each store
erasure-no-stores = Work on it has not begun.
erasure-store = Store
erasure-progress = Progress
erasure-rescanned = Looked at again
erasure-rows-of = { $value } of { $other } rows
erasure-people-count = { $n ->
    [one] 1 person
   *[other] { $n } people
}
erasure-person = Person
erasure-outcome-label = Outcome
erasure-forgotten = no longer known
erasure-n-found = { $n } found
erasure-n-deleted = { $n } deleted
erasure-n-masked = { $n } masked
erasure-n-quarantined = { $n } would not go
erasure-n-refound = { $n } found again
erasure-n-rows = { $n ->
    [one] 1 row
   *[other] { $n } rows
}
erasure-quarantine = Rows that would not go
erasure-approve-title = Approve this erasure?
erasure-approve-warning = Once approved, the following is erased. It cannot be undone.
erasure-approve-now = Approve and erase
erasure-cancel-title = Call this erasure off?
erasure-cancel-warning = Nothing more is erased for these people. Whoever is to be erased after all has to be requested anew.
erasure-cancel-now = Call it off
erasure-would-go = What would go
erasure-act-over = That is not possible any more: its state has changed, or your roles do not permit it.
erasure-back = Back
erasure-new = Request an erasure
erasure-new-intro = Next you see what would be erased. Nothing happens before you confirm that.
erasure-people-plain = People, one a line
erasure-people-plain-help = An e-mail address, a user id, or the organisation’s id.
erasure-people-channel = People on channels, one a line
erasure-people-channel-help = The channel, a space, and the id there.
erasure-preview = Show what would go
erasure-preview-title = What would be erased
erasure-preview-sum = Rows that would be erased: { $value }. People they belong to: { $other }.
erasure-no-map = The account has no data map, so nobody knows where people’s data is. The operator sets it with “rolecall datamap set”.
erasure-store-away = The store { $value } does not answer. Try again in some minutes.
erasure-store-refuses = The store { $value } does not do what it is asked. “rolecall datamap check” says more.
erasure-warnings = To know before
erasure-will = will be erased
erasure-request-note = The request is bound to this plan: if other rows are there by then, it stops and waits for an approval.
erasure-request = Request this erasure
erasure-back-to-form = Back to the form
erasure-action-delete = delete
erasure-action-mask = mask

# Holds.

holds-title = Holds
holds-intro = Whoever is under a hold is not erased, whoever asks, until the hold is released.
holds-none = There is no hold.
holds-count = { $n ->
    [one] 1 hold
   *[other] { $n } holds
}
hold-reason = Reason
hold-placed-at = Placed
hold-released-at = Released
hold-release = Release…
hold-release-warning = Erasures that wait for this hold go on at once, and what they erase is gone.
hold-release-now = Release the hold
hold-new = Place a hold
hold-place = Place the hold
hold-placed = The hold is placed.
hold-underway = { $n ->
    [one] For one erasure it comes too late: it is erasing already.
   *[other] For { $n } erasures it comes too late: they are erasing already.
}

# How it ended for a person.

erasure-outcome-pending = open
erasure-outcome-erased = erased
erasure-outcome-not-found = nothing there
erasure-outcome-refused = refused
erasure-outcome-held = held
erasure-outcome-partial = partly erased
erasure-outcome-failed = failed

# Why something is as it is.

erasure-cause-account-member = belongs to the account
erasure-cause-account-owner = owns the account
erasure-cause-bad-url = the store’s URL is none
erasure-cause-bot-co-developer = develops a bot
erasure-cause-bot-owner = owns a bot
erasure-cause-busy = the store is busy
erasure-cause-cancelled = was called off
erasure-cause-denied = the store refuses access
erasure-cause-failed = the store failed
erasure-cause-found-again = something keeps writing this person’s data
erasure-cause-map-check = the data map does not fit the store
erasure-cause-no-data-map = there is no data map
erasure-cause-no-identity = the data map knows no such identifier
erasure-cause-not-bot-scoped = these rows belong to no bot in particular
erasure-cause-plan-changed = other rows are there than were shown; the new plan needs an approval
erasure-cause-quarantined = rows that would not go
erasure-cause-unknown-store = the data map does not say where the store is
erasure-cause-unreachable = the store does not answer
erasure-cause-unreachable-store = the store cannot be looked at
erasure-cause-unreached = is reached through a store that failed
erasure-cause-url-unavailable = the store’s URL cannot be read
