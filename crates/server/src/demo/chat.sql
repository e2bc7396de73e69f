-- What the airline's bots know of the guests they talk to. <bot NAME> stands for a bot's id.
CREATE TABLE guest (
  id        TEXT PRIMARY KEY,
  email     TEXT NOT NULL UNIQUE,
  full_name TEXT NOT NULL
);
CREATE TABLE channel_identity (
  id              INTEGER PRIMARY KEY,
  guest_id        TEXT NOT NULL REFERENCES guest (id),
  channel         TEXT NOT NULL,
  channel_user_id TEXT NOT NULL,
  UNIQUE (channel, channel_user_id)
);
CREATE INDEX channel_identity_by_guest ON channel_identity (guest_id);
CREATE INDEX channel_identity_by_user ON channel_identity (channel_user_id);
CREATE TABLE conversation (
  id         INTEGER PRIMARY KEY,
  guest_id   TEXT NOT NULL REFERENCES guest (id),
  bot_id     TEXT NOT NULL,
  started_at TEXT NOT NULL
);
CREATE INDEX conversation_by_guest ON conversation (guest_id);
CREATE TABLE message (
  id              INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversation (id),
  bot_id          TEXT NOT NULL,
  author          TEXT NOT NULL,
  body            TEXT NOT NULL
);
CREATE INDEX message_by_conversation ON message (conversation_id);
CREATE TABLE feedback (
  id       INTEGER PRIMARY KEY,
  guest_id TEXT NOT NULL,
  bot_id   TEXT NOT NULL,
  score    INTEGER NOT NULL,
  comment  TEXT
);
CREATE INDEX feedback_by_guest ON feedback (guest_id);

INSERT INTO guest (id, email, full_name) VALUES
  ('g-101', 'nora.berg@guest.example', 'Nora Berg'),
  ('g-102', 'sanghoon.baek@guest.example', '백상훈'),
  ('g-103', 'kaori.mori@guest.example', '森香織'),
  ('g-104', 'pedro.alonso@guest.example', 'Pedro Alonso'),
  ('g-105', 'ida.lindqvist@guest.example', 'Ida Lindqvist');
INSERT INTO channel_identity (id, guest_id, channel, channel_user_id) VALUES
  (1, 'g-101', 'whatsapp', '4790000101'),
  (2, 'g-101', 'web', 'w-5b1f'),
  (3, 'g-102', 'kakaotalk', 'k-88120'),
  (4, 'g-103', 'line', 'U4af4980629'),
  (5, 'g-104', 'whatsapp', '34600000104'),
  (6, 'g-105', 'web', 'w-77c2');
INSERT INTO conversation (id, guest_id, bot_id, started_at) VALUES
  (1, 'g-101', '<bot Booking Desk>', '2026-10-02T07:12:00Z'),
  (2, 'g-101', '<bot Baggage Tracer>', '2026-10-09T19:40:00Z'),
  (3, 'g-102', '<bot Disruption Desk>', '2026-10-11T04:05:00Z'),
  (4, 'g-103', '<bot Loyalty Concierge>', '2026-10-12T10:30:00Z'),
  (5, 'g-104', '<bot Booking Desk>', '2026-10-14T16:21:00Z'),
  (6, 'g-105', '<bot Baggage Tracer>', '2026-10-20T21:02:00Z');
INSERT INTO message (id, conversation_id, bot_id, author, body) VALUES
  (1, 1, '<bot Booking Desk>', 'guest', 'Hi, Nora Berg here. Can I move my flight to Tromsø to Friday?'),
  (2, 1, '<bot Booking Desk>', 'bot', 'Of course, Nora. Friday 08:15 or 14:40?'),
  (3, 1, '<bot Booking Desk>', 'guest', '14:40 please, and a seat by the window.'),
  (4, 2, '<bot Baggage Tracer>', 'guest', 'My blue suitcase is not here. Call me at +47 900 00 101.'),
  (5, 2, '<bot Baggage Tracer>', 'bot', 'It is in Oslo and comes with the first flight tomorrow.'),
  (6, 3, '<bot Disruption Desk>', 'guest', '눈 때문에 결항됐어요. 다음 편으로 바꿔 주세요.'),
  (7, 3, '<bot Disruption Desk>', 'bot', '내일 09:30 편으로 바꿨습니다.'),
  (8, 4, '<bot Loyalty Concierge>', 'guest', 'ポイントでアップグレードできますか。'),
  (9, 4, '<bot Loyalty Concierge>', 'bot', 'はい、残り三席です。'),
  (10, 5, '<bot Booking Desk>', 'guest', 'Two tickets to Oslo for Pedro and Lucía Alonso.'),
  (11, 6, '<bot Baggage Tracer>', 'guest', 'My skis came without their bindings.');
INSERT INTO feedback (id, guest_id, bot_id, score, comment) VALUES
  (1, 'g-101', '<bot Booking Desk>', 5, 'Quick and kind. Nora'),
  (2, 'g-101', '<bot Baggage Tracer>', 3, 'Took a day.'),
  (3, 'g-103', '<bot Loyalty Concierge>', 4, NULL);
