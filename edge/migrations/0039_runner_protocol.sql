-- The protocol of a runner whose last connection was refused for it (protocol/src/protocol-version.ts).
ALTER TABLE runners ADD COLUMN refused_protocol INTEGER;
