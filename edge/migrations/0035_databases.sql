-- Several databases (edge/src/metadata/sharded). Every database has all tables; the first one, the directory, says where
-- the others' records are.

-- In the directory: which database has the records of a team that grow with its deployments. A team doesn't move.
CREATE TABLE team_databases (
  owner_id TEXT PRIMARY KEY,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- In the directory: deleted apps whose records in another database are still to be removed.
CREATE TABLE app_removals (
  app_id TEXT PRIMARY KEY,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- In the directory: the deployment that last became the release of an app by itself. Reported again, it must not undo a
-- rollback that came in between.
CREATE TABLE automatic_releases (
  app_id TEXT PRIMARY KEY,
  deployment_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- In another database: successes whose app in the directory doesn't know of them yet.
CREATE TABLE pending_releases (
  deployment_id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_releases_of_app ON pending_releases (app_id);
