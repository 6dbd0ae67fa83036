-- What a deployment says of itself on the download page: apart from `deployments`, whose lists need none of it.
-- `typed_notes` is what a person wrote in place of `notes`; an empty text shows none.
CREATE TABLE release_details (
  deployment_id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  notes TEXT,
  notes_source TEXT,
  typed_notes TEXT,
  icon TEXT,
  icon_type TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX release_details_of_app ON release_details (app_id);
