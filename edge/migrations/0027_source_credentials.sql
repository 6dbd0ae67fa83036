-- What private repositories are fetched with, sealed.
CREATE TABLE source_credentials (
  app_id TEXT PRIMARY KEY,
  sealed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
