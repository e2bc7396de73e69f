-- Which account a store belongs to, by a keyed hash of where it is: no other account's map may name it.
CREATE TABLE IF NOT EXISTS store_claims (
  place_hash TEXT   NOT NULL PRIMARY KEY,
  account_no BIGINT NOT NULL
)
