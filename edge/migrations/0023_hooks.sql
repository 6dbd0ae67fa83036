-- Where the notifications of teams are sent. `target` and `secret` are sealed; lists are JSON, and empty ones stand for all.
CREATE TABLE hooks (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  target TEXT NOT NULL,
  shown_target TEXT NOT NULL,
  secret TEXT,
  events TEXT NOT NULL,
  apps TEXT NOT NULL,
  environments TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  disabled_reason TEXT,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hooks_of_owner ON hooks (owner_id, created_at DESC, id DESC);
