-- What a team has set for all its apps together. `build_limits` is JSON: how many of its builds run at a time.
CREATE TABLE team_settings (
  team_id TEXT PRIMARY KEY,
  build_limits TEXT NOT NULL
) STRICT, WITHOUT ROWID;
