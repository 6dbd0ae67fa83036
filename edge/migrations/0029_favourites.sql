-- The apps that people marked as favourites, each for themselves.
CREATE TABLE favourites (
  user_id TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (user_id, owner_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX favourites_of_app ON favourites (app_id);
