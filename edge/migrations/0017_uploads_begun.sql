-- How many uploads a team has begun and not completed is asked each time it begins one.
CREATE INDEX uploads_begun_of_owner ON uploads (owner_id) WHERE completed = 0;
