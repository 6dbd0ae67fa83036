-- When the picture of a deployment's site was taken; beside `record`, which is rewritten with every event of the deployment.
ALTER TABLE deployments ADD COLUMN picture_at TEXT;
