/** Which instance a command calls, and with which token. */
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import type { Config } from './config.ts';
import { instanceUrl } from './instance-url.ts';

export interface InstanceFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  /** The instance that the folder is linked to. */
  readonly linked: string | null;
}

export interface ChosenInstance {
  readonly url: string;
  readonly token: string;
  readonly tokenId: string | null;
  /** Where the token comes from: APPFLUX_TOKEN, or `appflux login`. */
  readonly from: 'environment' | 'login';
}

const SIGN_IN = 'Run "appflux login", or set APPFLUX_URL and APPFLUX_TOKEN.';

/**
 * The instance: APPFLUX_URL, else that of the folder's link, else the one signed in to last. A folder's link never
 * decides where APPFLUX_TOKEN is sent: its author could collect the token that way.
 * @throws CliProblem `denied` if not signed in, `usage` if APPFLUX_TOKEN is set and its instance is unknown
 */
export function chooseInstance({ env, config, linked }: InstanceFacts): ChosenInstance {
  const named = env.APPFLUX_URL?.trim() ? instanceUrl(env.APPFLUX_URL) : null;
  const token = env.APPFLUX_TOKEN?.trim();
  if (token) {
    const url = named ?? config.current;
    if (url === null) {
      throw new CliProblem(EXIT.usage, 'APPFLUX_TOKEN is set, but APPFLUX_URL isn’t.', 'Set both.');
    }
    return { url, token: checkedToken(token), tokenId: null, from: 'environment' };
  }
  const url = named ?? linked ?? config.current;
  if (url === null) throw new CliProblem(EXIT.denied, 'You aren’t signed in.', SIGN_IN);
  const signedIn = config.instances[url];
  if (signedIn === undefined) {
    const hint =
      named !== null
        ? `Run "appflux login ${url}", or set APPFLUX_TOKEN.`
        : `This folder is linked to it. Run "appflux login ${url}".`;
    throw new CliProblem(EXIT.denied, `You aren’t signed in to ${url}.`, hint);
  }
  return { url, token: checkedToken(signedIn.token), tokenId: signedIn.tokenId ?? null, from: 'login' };
}

/** A token that can stand in a header. @throws CliProblem `denied` */
export function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CliProblem(EXIT.denied, 'The token has characters that no token has.', 'Copy it again.');
}
