-- Settings for servers of an app's sites; what changes with them and with the app's variables: a server that is loaded
-- with others is loaded again.
ALTER TABLE apps ADD COLUMN server TEXT NOT NULL DEFAULT '{"allowHosts":null}';
ALTER TABLE apps ADD COLUMN server_revision TEXT;
