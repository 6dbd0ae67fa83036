-- Sites: what an app's URLs point at, who may open them, and the newest success of each branch.

ALTER TABLE apps ADD COLUMN previous_release TEXT;
ALTER TABLE apps ADD COLUMN released_at TEXT;
ALTER TABLE apps ADD COLUMN release_locked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN auto_release INTEGER NOT NULL DEFAULT 1;
ALTER TABLE apps ADD COLUMN access TEXT NOT NULL DEFAULT '{"production":"public","previews":"public"}';
ALTER TABLE apps ADD COLUMN password_hash TEXT;
ALTER TABLE apps ADD COLUMN spa_fallback INTEGER;
ALTER TABLE apps ADD COLUMN rewrite_hosts TEXT NOT NULL DEFAULT '[]';

-- When a preview was promoted to production; beside `record`, which is rewritten with every event of the deployment.
ALTER TABLE deployments ADD COLUMN promoted_at TEXT;

-- `label` is the first label of a branch's host name (edge/src/sites/hosts/labels.ts). `created_at` is when the
-- deployment was created: an older one never replaces a newer one.
CREATE TABLE site_aliases (
  label TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  branch TEXT NOT NULL,
  deployment_id TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX site_aliases_of_app ON site_aliases (app_id);
CREATE INDEX site_aliases_of_deployment ON site_aliases (deployment_id);
