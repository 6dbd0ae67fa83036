-- The GitHub App of this instance, one for each GitHub that it may be connected to, and its installations. A team acts
-- with the installations that are its own; `owner_id` is NULL until a member connects one.
CREATE TABLE github_apps (
  host TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  client_id TEXT NOT NULL,
  html_url TEXT NOT NULL,
  account TEXT,
  sealed TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE github_installations (
  id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  owner_id TEXT,
  account_id TEXT NOT NULL,
  account TEXT NOT NULL,
  account_type TEXT NOT NULL,
  selection TEXT NOT NULL,
  html_url TEXT NOT NULL,
  suspended_at TEXT,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX github_installations_of_owner ON github_installations (owner_id);
