-- The sealed files of apps, apart from them: lists of apps need to know of a file, but not its content.

CREATE TABLE app_files (
  app_id TEXT NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  environments TEXT NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (app_id, name)
) STRICT, WITHOUT ROWID;
