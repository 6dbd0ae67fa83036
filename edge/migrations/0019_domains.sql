-- Custom domains of apps. Anyone may claim a host; one app at most has it active, which is what visitors get.
CREATE TABLE domains (
  host TEXT NOT NULL,
  app_id TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  redirect_to TEXT,
  status TEXT NOT NULL,
  error TEXT,
  hostname_id TEXT,
  hostname_records TEXT NOT NULL,
  pending_since TEXT,
  checked_at TEXT,
  next_check_at TEXT,
  created_at TEXT NOT NULL,
  PRIMARY KEY (host, app_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX domains_active ON domains (host) WHERE status = 'active';
CREATE INDEX domains_of_app ON domains (app_id);
CREATE INDEX domains_of_owner ON domains (owner_id);
