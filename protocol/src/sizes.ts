/**
 * Maximum sizes. Each limit is below that of the platform, an operating system or a message; docs/limits.md lists
 * them. Sizes are in bytes.
 */

/** Bytes of a text in UTF-8. */
export const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

/**
 * The largest value of a variable. Linux passes no environment string of 128 KiB or more to a program
 * (MAX_ARG_STRLEN, execve(2)), and a name precedes the value.
 */
export const MAX_VARIABLE_BYTES = 64 * 1024;

/**
 * The total size of all variables of an app, names and values. Sealed, they are a third larger, and must fit into one
 * row of 2 MB; a program gets 2 MB of environment and arguments together.
 */
export const MAX_VARIABLES_BYTES = 512 * 1024;

/** How many variables an app can have. */
export const MAX_VARIABLES = 1000;

/** How many artifacts a deployment can deliver. */
export const MAX_ARTIFACTS = 200;

/**
 * The total size of the names, types and facts of a deployment's artifacts, as JSON. With the rest of the record it
 * must fit into one row of 2 MB.
 */
export const MAX_ARTIFACTS_RECORD_BYTES = 1_000_000;

/** How many tools of its image a plan can name. */
export const MAX_PLAN_TOOLS = 100;

/**
 * How many runners a team can have, unless the operator sets another number: all of them are listed together, and connected to
 * one object.
 */
export const MAX_RUNNERS = 500;

/** How many members a team can have: MongoDB stores the owners of a team in one document. */
export const MAX_MEMBERS = 1000;

/** How many teams a person can be in: each of their requests reads all of them. */
export const MAX_TEAMS = 100;

/** How many apps can be deployed from one upload: their ids are in its record. */
export const MAX_APPS_OF_UPLOAD = 100;
