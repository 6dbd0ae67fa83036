-- What teams' Git hosts sign their webhooks with. They are read again for every webhook, so they are sealed, not hashed.
CREATE TABLE webhook_secrets (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  sealed TEXT NOT NULL,
  last_used_at TEXT,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_secrets_of_owner ON webhook_secrets (owner_id);
