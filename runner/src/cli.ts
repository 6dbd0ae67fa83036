#!/usr/bin/env node
/**
 * Entry point of the systemd units that version 0.1.0 installed: they start this path, and an upgrade does not replace
 * them. The program is in commands/cli.ts. It is imported by URL, since nothing else here depends on commands/.
 */
await import(new URL('./commands/cli.ts', import.meta.url).href);
