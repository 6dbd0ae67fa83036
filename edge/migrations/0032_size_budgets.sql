-- Limits for the size of what an app publishes; what changes with every change of its settings, so that two people who
-- change the same one at the same time don't overwrite each other.
ALTER TABLE apps ADD COLUMN budgets TEXT NOT NULL DEFAULT '[]';
ALTER TABLE apps ADD COLUMN settings_revision TEXT;
