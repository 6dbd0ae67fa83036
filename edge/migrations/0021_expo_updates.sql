-- Updates of Expo apps: what the feed of each platform and runtime version has said, the newest of which it says now,
-- and the keys that sign it. `deployment_id` is NULL where apps go back to the update that they contain.
CREATE TABLE expo_updates (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  platform TEXT NOT NULL,
  runtime_version TEXT NOT NULL,
  deployment_id TEXT,
  deployment_created_at TEXT,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX expo_updates_newest
  ON expo_updates (app_id, channel, created_at DESC, id DESC);

CREATE TABLE expo_signing_keys (
  app_id TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  certificate TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  sealed TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
