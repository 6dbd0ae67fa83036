/** The commands, in the order of the help. */
import type { CommandSpec } from '../command.ts';
import { apps } from './apps.ts';
import { cancel } from './cancel.ts';
import { deploy } from './deploy.ts';
import { env } from './env.ts';
import { inspect } from './inspect.ts';
import { link } from './link.ts';
import { list } from './list.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { logs } from './logs.ts';
import { mcp } from './mcp.ts';
import { open } from './open.ts';
import { promote } from './promote.ts';
import { redeploy } from './redeploy.ts';
import { rollback } from './rollback.ts';
import { runners } from './runners.ts';
import { state } from './state.ts';
import { verify } from './verify.ts';
import { whoami } from './whoami.ts';

export const COMMANDS: readonly CommandSpec[] = [
  login,
  logout,
  whoami,
  link,
  deploy,
  logs,
  list,
  inspect,
  cancel,
  redeploy,
  promote,
  rollback,
  env,
  open,
  apps,
  state,
  runners,
  verify,
  mcp,
];
