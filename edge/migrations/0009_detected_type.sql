-- What the newest release was detected to be. `type` is from here on only what a person said.

ALTER TABLE apps ADD COLUMN detected_type TEXT;
