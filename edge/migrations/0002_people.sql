-- People and programs: passwords, linked accounts, teams, and who did what.

ALTER TABLE users ADD COLUMN password_hash TEXT;
ALTER TABLE users ADD COLUMN github_id TEXT;
CREATE UNIQUE INDEX users_by_email ON users (email);
CREATE UNIQUE INDEX users_by_github_id ON users (github_id) WHERE github_id IS NOT NULL;

ALTER TABLE tokens ADD COLUMN role TEXT;
ALTER TABLE tokens ADD COLUMN app_id TEXT;
ALTER TABLE tokens ADD COLUMN created_by TEXT;
CREATE INDEX tokens_of_app ON tokens (app_id, kind, id) WHERE app_id IS NOT NULL;
CREATE INDEX tokens_of_creator ON tokens (owner_id, created_by, kind, id) WHERE created_by IS NOT NULL;

CREATE TABLE members (
  id TEXT PRIMARY KEY,
  team_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  email TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX members_of_team_by_user ON members (team_id, user_id);
CREATE INDEX members_of_team ON members (team_id, id);
CREATE INDEX members_of_user ON members (user_id, id);

-- Every user from before there were teams owns one.
INSERT INTO members (id, team_id, user_id, email, role, created_at)
SELECT printf('%08x', unixepoch(created_at)) || lower(hex(randomblob(8))), id, id, email, 'owner', created_at
FROM users;

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  record TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_of_owner ON audit (owner_id, id);
