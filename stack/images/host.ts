/** Reads the facts of this machine that an image depends on: see HostFacts. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import { npm } from '../npm.ts';
import { StackProblem } from '../problem.ts';
import type { HostFacts } from './inputs.ts';

/** Where Debian and Ubuntu store the certificate authorities that their owner has added. */
const ADDED_AUTHORITIES = '/usr/local/share/ca-certificates';

/** The system's own bundle: an image has everything in it except ADDED_AUTHORITIES. */
const SYSTEM_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

async function readCertificates(extraFile: string | undefined): Promise<string[]> {
  const names = await readdir(ADDED_AUTHORITIES, { recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      // A machine without the package ca-certificates: nothing was added to it.
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const files = names.filter((name) => name.endsWith('.crt')).map((name) => join(ADDED_AUTHORITIES, name));
  if (extraFile !== undefined && extraFile !== '' && extraFile !== SYSTEM_BUNDLE) files.push(extraFile);
  return Promise.all(files.map((file) => readFile(file, 'utf8')));
}

/** Docker's name for an architecture, from the engine's or Node's name; null if there are no images for it. */
export function architectureOf(name: string): HostFacts['architecture'] | null {
  if (['amd64', 'x86_64', 'x64'].includes(name)) return 'amd64';
  if (['arm64', 'aarch64'].includes(name)) return 'arm64';
  return null;
}

/** The facts of this machine and of the engine that builds. @throws StackProblem `platform_unsupported` */
export async function hostFacts(engine: Dockerode, env: NodeJS.ProcessEnv, root: string): Promise<HostFacts> {
  const reported: { Arch?: string } = await engine.version();
  const architecture = architectureOf(reported.Arch ?? '');
  if (architecture === null) {
    throw new StackProblem(
      'platform_unsupported',
      `The Docker engine runs on an unsupported processor (${reported.Arch ?? 'unknown'})`,
      'builder images support amd64 and arm64; set DOCKER_HOST to an engine on one of these',
    );
  }
  const [certificates, registry] = await Promise.all([
    readCertificates(env.NODE_EXTRA_CA_CERTS),
    npm(['config', 'get', 'registry'], { cwd: root, env }),
  ]);
  return { architecture, certificates, npmRegistry: registry.trim() };
}
