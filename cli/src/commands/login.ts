/** `appflux login` */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@appflux/client';
import { isAppFluxError, type Me } from '@appflux/protocol';
import { createApi } from '../api.ts';
import { openBrowser } from '../browser.ts';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { checkedToken } from '../config/choose-instance.ts';
import { readConfig, type SignedIn, withInstance, writeConfig } from '../config/config.ts';
import { instanceUrl, isReadable } from '../config/instance-url.ts';
import type { Context } from '../context.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { readStdin, secret, text } from '../prompts.ts';

interface Flags extends JsonFlag {
  /** True without a value: then the token is asked for, or read from standard input. */
  readonly token?: string | true;
  readonly browser: boolean;
}

export const login: CommandSpec = {
  name: 'login',
  summary: 'Sign in to an instance',
  define: (command, context) =>
    command
      .argument('[url]', 'the instance, such as https://appflux.example.com')
      .option('--token [token]', 'sign in with an API token; without a value, it is read from standard input')
      .option('--no-browser', 'don’t open the browser')
      .option(...JSON_OPTION)
      .action(async (url: string | undefined, flags: Flags) => {
        const instance = await instanceFor(context, url);
        context.url = instance;
        const { output } = context;
        if (isReadable(instance))
          output.note(`Warning: others can read what is sent to ${instance}: it isn’t https.`);
        const signedIn =
          flags.token === undefined
            ? await byDevice(context, instance, flags.browser)
            : { token: await givenToken(context, flags.token) };
        const me = await whoIs(createApi(instance, signedIn.token));
        const path = context.configPath;
        await writeConfig(path, withInstance(await readConfig(path), instance, signedIn));
        if (flags.json) return output.json(me);
        output.note(`Signed in to ${instance} as ${me.name}.`);
        if (context.env.APPFLUX_TOKEN || context.env.APPFLUX_URL) {
          output.note('APPFLUX_URL and APPFLUX_TOKEN are set and take precedence over this sign-in.');
        }
      }),
};

/**
 * The instance to sign in to. One that only the folder's link names is used without a question if the person has signed
 * in to it before: the author of the folder could collect a token, or have a code of another instance approved.
 */
async function instanceFor(context: Context, typed: string | undefined): Promise<string> {
  const known = typed ?? context.env.APPFLUX_URL;
  if (known !== undefined && known !== '') return instanceUrl(known);
  const { current, instances } = await context.config();
  const linked = (await context.project())?.url ?? null;
  if (linked !== null && instances[linked] !== undefined) return linked;
  if (!context.output.interactive) {
    if (linked !== null) {
      throw new CliProblem(
        EXIT.usage,
        `This folder is linked to ${linked}, which you have never signed in to.`,
        `If you trust it, run "appflux login ${linked}".`,
      );
    }
    if (current !== null) return current;
    throw new CliProblem(
      EXIT.usage,
      'No instance was named.',
      'Run "appflux login https://appflux.example.com".',
    );
  }
  const given = await text(
    context,
    'URL of your AppFlux instance',
    (url) => {
      try {
        instanceUrl(url);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    linked ?? current ?? '',
  );
  return instanceUrl(given);
}

async function givenToken(context: Context, flag: string | true): Promise<string> {
  if (flag !== true && flag !== '-') return checkedToken(flag);
  const token =
    context.host.stdin.isTTY === true
      ? await secret(context, 'API token')
      : (await readStdin(context)).trim();
  if (token === '')
    throw new CliProblem(EXIT.usage, 'No token was given.', 'Pipe it in, or write --token TOKEN.');
  return checkedToken(token);
}

/** @throws CliProblem `denied` with a sentence about the token that was given */
async function whoIs(client: Client): Promise<Me> {
  try {
    return await client.team.me();
  } catch (error) {
    if (!isAppFluxError(error, 'unauthorized')) throw error;
    const hint = 'Create one in the dashboard under Settings, API tokens.';
    throw new CliProblem(EXIT.denied, 'The token isn’t valid at this instance.', hint, error);
  }
}

/** Signs in by a code that a person approves in a browser (RFC 8628). */
async function byDevice(context: Context, instance: string, browser: boolean): Promise<SignedIn> {
  const { output } = context;
  const { device } = createApi(instance, null);
  const codes = await device.start({ client: hostname().slice(0, 60) || 'unknown' });
  output.note(`Your code: ${output.noteColors.bold(codes.user_code)}`);
  output.note(`Approve it at ${codes.verification_uri_complete}`);
  const { origin } = new URL(codes.verification_uri_complete);
  if (origin !== instance) {
    // An instance could show a code that it has requested from another one.
    output.note(
      `Warning: this page is at ${origin}, not at ${instance}. Approve only if both are the same instance.`,
    );
  } else if (browser && output.interactive) await openBrowser(codes.verification_uri_complete);
  output.status('Waiting for approval…');
  const until = Date.now() + codes.expires_in * 1000;
  let seconds = codes.interval;
  while (Date.now() < until) {
    await sleep(seconds * 1000);
    const answer = await device.token(codes.device_code);
    if ('token' in answer) {
      output.status(null);
      return { token: answer.token.access_token, tokenId: answer.token.token_id };
    }
    if (answer.pending === 'access_denied') {
      throw new CliProblem(EXIT.denied, 'The sign-in was denied.', 'Run "appflux login" again to retry.');
    }
    if (answer.pending === 'expired_token') break;
    // RFC 8628 §3.5: five seconds more, for this and all later calls.
    if (answer.pending === 'slow_down') seconds += 5;
  }
  throw new CliProblem(EXIT.denied, 'The code has expired.', 'Run "appflux login" again.');
}
