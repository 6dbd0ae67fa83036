/** The commands, in the order of the help. */
import type { CommandSpec } from '../command.ts';
import { mcp } from './mcp.ts';
import { verify } from './verify.ts';
import { whoami } from './whoami.ts';

export const COMMANDS: readonly CommandSpec[] = [whoami, verify, mcp];
