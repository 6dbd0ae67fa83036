/**
 * How large things may become. Each limit is below what the platform, an operating system or a message holds;
 * docs/limits.md says which. Sizes are in bytes.
 */

/** Bytes of a text in UTF-8. */
export const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

/**
 * The largest value of a variable. Linux hands a program no environment string of 128 KiB or more (MAX_ARG_STRLEN,
 * execve(2)), and a name goes before the value.
 */
export const MAX_VARIABLE_BYTES = 64 * 1024;

/**
 * What all variables of an App have together, names and values. Sealed, they are a third larger, and must fit into one
 * row of 2 MB; a program is handed 2 MB of environment and arguments together.
 */
export const MAX_VARIABLES_BYTES = 512 * 1024;

/** How many variables an App has. */
export const MAX_VARIABLES = 1000;

/** How many artifacts a deployment delivers. */
export const MAX_ARTIFACTS = 200;

/**
 * What the record of a deployment says of all its artifacts together, as JSON: names, types and facts. With the rest of
 * the record it must fit into one row of 2 MB.
 */
export const MAX_ARTIFACTS_RECORD_BYTES = 1_000_000;

/** How many tools of its image a plan names. */
export const MAX_PLAN_TOOLS = 100;

/** How many runners a team has: all of them are listed at once, and connected to one object. */
export const MAX_RUNNERS = 500;

/** How many members a team has: MongoDB keeps the owners of a team in one document. */
export const MAX_MEMBERS = 1000;

/** How many teams a person is in: each of their requests reads all of them. */
export const MAX_TEAMS = 100;

/** How many Apps are deployed from one upload: their ids are in its record. */
export const MAX_APPS_OF_UPLOAD = 100;
