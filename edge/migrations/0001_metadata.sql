-- Metadata as D1 keeps it (edge/src/metadata/d1). What is filtered or sorted by is a column; what is only
-- read whole is JSON. Ids are ObjectIds, which sort by time, so every list is newest first by its id.

CREATE TABLE apps (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  type TEXT,
  source TEXT NOT NULL,
  build TEXT NOT NULL,
  env_vars TEXT NOT NULL,
  release TEXT,
  builds INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX apps_of_owner ON apps (owner_id, id);

-- `seq` is the change of the deployment that `record` tells of; an older one never overwrites it.
CREATE TABLE deployments (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  status TEXT NOT NULL,
  seq INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX deployments_of_owner ON deployments (owner_id, id);
CREATE INDEX deployments_of_owner_by_status ON deployments (owner_id, status, id);
CREATE INDEX deployments_of_app ON deployments (app_id, id);
CREATE INDEX deployments_of_app_by_status ON deployments (app_id, status, id);

CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT,
  key TEXT NOT NULL,
  multipart_id TEXT,
  completed INTEGER NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_begun ON uploads (created_at) WHERE completed = 0;

CREATE TABLE runners (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  name TEXT NOT NULL,
  labels TEXT NOT NULL,
  slots INTEGER NOT NULL,
  version TEXT NOT NULL,
  credential_hash TEXT NOT NULL UNIQUE,
  draining INTEGER NOT NULL,
  last_seen_at TEXT,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX runners_of_owner ON runners (owner_id, id);

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  expires_at TEXT,
  last_used_at TEXT,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_of_owner ON tokens (owner_id, kind, id);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE refresh_tokens (
  hash TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_of_user ON refresh_tokens (user_id);

CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  sealed TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
  owner_id TEXT NOT NULL,
  key TEXT NOT NULL,
  deployment_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (owner_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
