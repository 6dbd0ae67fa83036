#!/usr/bin/env node
/**
 * Entry point of the systemd units that version 0.1.0 installed: they start this path, and an upgrade does not replace
 * them. The program is in commands/cli.ts.
 */
import './commands/cli.ts';
