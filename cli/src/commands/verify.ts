/** `appflux verify` */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { VerificationError, type Verified, verifyEnvelope } from '@appflux/client';
import { Option } from 'commander';
import { createApi } from '../api.ts';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { instanceUrl, isReadable } from '../config/instance-url.ts';
import type { Context, Session } from '../context.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { oneLine } from '../output/sanitize.ts';
import { findApp } from '../target.ts';
import { BUILDERS, builderKind, described } from '../verify/describe.ts';
import { deliveredBy, MOST_DEPLOYMENTS } from '../verify/find-attestation.ts';

interface Options extends JsonFlag {
  readonly app?: string;
  readonly deployment?: string;
  readonly instance?: string;
  readonly attestation?: string;
  readonly keys?: string;
  readonly builder?: string;
}

export const verify: CommandSpec = {
  name: 'verify',
  summary: 'Check that a file is what an instance delivered, by its signed provenance',
  define: (command, context) =>
    command
      .argument('<file>', 'the file to check')
      .option('--app <slug>', 'look for the file among the deployments of this app only')
      .option('--deployment <id>', 'the deployment that has delivered the file')
      .option('--instance <url>', 'the instance whose keys count')
      .option('--attestation <file>', 'a saved attestation, instead of asking the instance')
      .option(
        '--keys <file>',
        'saved keys of the instance; with --attestation nothing is asked over the network',
      )
      .addOption(
        new Option('--builder <kind>', 'also require how it was built').choices(Object.keys(BUILDERS)),
      )
      .option(...JSON_OPTION)
      .action((file: string, options: Options) => check(file, options, context)),
};

async function check(file: string, options: Options, context: Context): Promise<void> {
  const { output } = context;
  if (options.app !== undefined && options.deployment !== undefined)
    throw new CliProblem(EXIT.usage, 'Use either --app or --deployment.');
  if (options.attestation !== undefined && (options.app ?? options.deployment) !== undefined)
    throw new CliProblem(
      EXIT.usage,
      'Use --attestation without --app and --deployment.',
      'An attestation says itself of which app and deployment it is.',
    );
  output.status(`Reading ${file}…`);
  const at = (path: string) => resolve(context.host.cwd(), path);
  const sha256 = await sha256Of(at(file));
  output.status('Asking the instance…');
  const source = instanceOf(options, context);
  const envelope =
    options.attestation === undefined
      ? await source.attestation(sha256)
      : await jsonOf(at(options.attestation), 'attestation');
  const keys = options.keys === undefined ? await source.keys() : await jsonOf(at(options.keys), 'key set');
  output.status(null);
  const verified = await verifiedBy(envelope, keys, sha256);
  requireBuilder(verified, options.builder);
  if (options.json) {
    const { statement, keyId, subjects } = verified;
    return output.json({ file, sha256, subjects, keyId, statement });
  }
  const { green, yellow, dim } = output.colors;
  const kind = builderKind(verified.statement);
  output.result(
    `${green('Verified:')} ${file} is ${oneLine(verified.subjects.join(', '))} as the instance delivered it.`,
  );
  const rows: [string, string][] = [
    ...described(verified.statement),
    ['SHA-256', sha256],
    ['Signed by', `key ${verified.keyId}`],
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  // Some of it is what the build said: a line feed in that would look like another row.
  for (const [title, value] of rows) output.result(`  ${dim(title.padEnd(width))}  ${oneLine(value)}`);
  if (kind === 'prebuilt')
    output.note(yellow('AppFlux did not build this file, so nothing vouches for what is in it.'));
}

/** How provenance and keys are asked for. Nothing is called before it is needed. */
function instanceOf(options: Options, context: Context) {
  const named = options.instance === undefined ? null : instanceUrl(options.instance);
  const session = async () => {
    const found = await context.session();
    if (named === null || named === found.url) return found;
    throw new CliProblem(
      EXIT.denied,
      `You aren’t signed in to ${named}, but to ${found.url}.`,
      `Set APPFLUX_URL and APPFLUX_TOKEN, or save the attestation and use --attestation.`,
    );
  };
  return {
    attestation: async (sha256: string): Promise<unknown> => {
      const chosen = await session();
      const { client } = chosen;
      const id = options.deployment ?? (await deploymentOf(sha256, options, context, chosen));
      return client.deployments.attestation(id);
    },
    keys: async (): Promise<unknown> => {
      const url = named ?? (await context.session()).url;
      context.url = url;
      if (isReadable(url))
        context.output.note(`The keys of ${url} come over plain http: anyone on the way could replace them.`);
      return createApi(url, null).instance.provenanceKeys();
    },
  };
}

async function deploymentOf(
  sha256: string,
  options: Options,
  context: Context,
  session: Session,
): Promise<string> {
  const app = await findApp(context, session, options.app);
  const found = await deliveredBy(session.client, sha256, app);
  if (found !== null) return found.id;
  throw new CliProblem(
    EXIT.failed,
    `No deployment of ${app ?? 'your apps'} has delivered a file with the SHA-256 ${sha256}.`,
    `The file was changed, or is of another app. The newest ${MOST_DEPLOYMENTS} successful deployments were searched; name an older one with --deployment.`,
  );
}

async function verifiedBy(envelope: unknown, keys: unknown, sha256: string): Promise<Verified> {
  try {
    return await verifyEnvelope(envelope, keys, { sha256 });
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    throw new CliProblem(EXIT.failed, `Not verified: ${error.message}`, error.hint, error);
  }
}

function requireBuilder({ statement }: Verified, wanted: string | undefined): void {
  const kind = builderKind(statement);
  if (wanted === undefined || wanted === kind) return;
  throw new CliProblem(
    EXIT.failed,
    `Not verified: the provenance is valid, but the builder is ${kind}, not ${wanted}.`,
    'docs/provenance.md says what each builder stands for.',
  );
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    throw unreadable(file, error);
  }
  return hash.digest('hex');
}

async function jsonOf(file: string, what: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliProblem(
      EXIT.failed,
      `Not verified: ${file} is not JSON, so it is no ${what}.`,
      'Use the unchanged answers of the instance.',
      cause,
    );
  }
}

const unreadable = (file: string, cause: unknown) =>
  new CliProblem(
    EXIT.usage,
    `Couldn’t read ${file}: ${cause instanceof Error && 'code' in cause ? cause.code : String(cause)}.`,
    'Check the path.',
    cause,
  );
