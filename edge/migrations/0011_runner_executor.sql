-- What a runner builds with, as registration fixed it; null until the runner of an earlier version says it once.
-- `labels` and `slots` are from here on what it is registered for: until now each hello of the runner replaced them.
ALTER TABLE runners ADD COLUMN executor TEXT;
