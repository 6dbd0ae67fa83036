/** Which tools a host has on its PATH, for the deployment's record. */
import { execa } from 'execa';
import { chooseImageNode } from '../job/toolchain/choose-node.ts';

/** How tools print their version. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  node: ['--version'],
  npm: ['--version'],
  bun: ['--version'],
  cargo: ['--version'],
  go: ['version'],
  xcodebuild: ['-version'],
};

/** How long a tool may take to print it, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Asks each tool for its version. Left out is what is not there, does not answer, or says no number. */
export async function toolVersions(
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const options = {
    env,
    extendEnv: false,
    reject: false,
    timeout: PATIENCE_MS,
    cancelSignal: signal,
  } as const;
  const found = await Promise.all(
    Object.entries(ASKED).map(async ([tool, args]) => {
      const { stdout, failed } = await execa(tool, args, { ...options, stdin: 'ignore' });
      return [tool, failed ? undefined : versionIn(stdout)] as const;
    }),
  );
  signal.throwIfAborted();
  return Object.fromEntries(
    found.flatMap(([tool, version]) => (version === undefined ? [] : [[tool, version]])),
  );
}

const versionIn = (text: string): string | undefined => /\d+\.\d+(?:\.\d+)?/.exec(text)?.[0];

/** A log sentence if the host's Node is not the requested one; else null. Pure. */
export function nodeNote(asked: string | null, there: string | undefined): string | null {
  if (asked === null || there === undefined) return null;
  const choice = chooseImageNode(asked, [{ version: there, folder: null }]);
  if ('node' in choice && choice.note === null) return null;
  return `The project requests Node ${asked}. Using ${there}, which is installed on this host.`;
}
