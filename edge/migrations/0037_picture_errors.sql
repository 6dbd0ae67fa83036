-- Why the last attempt to take a picture of a deployment's site failed; beside `record`, like `picture_at`.
ALTER TABLE deployments ADD COLUMN picture_error TEXT;
