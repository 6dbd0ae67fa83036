/** A certificate authority for the tests: Pebble, Let's Encrypt's own for testing clients, and its name server. */
import type { GoBuilder } from '../go/builder.ts';
import { ensureProgram, findProgram, type GoProgram } from '../go/program.ts';

import type { Task } from '../progress.ts';

const PEBBLE: GoProgram = {
  title: 'A certificate authority for the tests',
  name: 'pebble',
  module: 'github.com/letsencrypt/pebble/v2',
  version: 'v2.10.3',
  package: 'cmd/pebble',
  tags: [],
  files: {},
};

const NAME_SERVER: GoProgram = {
  ...PEBBLE,
  title: 'A name server for the tests',
  name: 'pebble-challtestsrv',
  package: 'cmd/pebble-challtestsrv',
};

/** The programs of a certificate authority. */
export interface AcmePrograms {
  readonly pebble: string;
  readonly nameServer: string;
}

/** The programs, on the PATH or built here; null when they never were. */
export async function findAcme(): Promise<AcmePrograms | null> {
  const [pebble, nameServer] = await Promise.all([findProgram(PEBBLE), findProgram(NAME_SERVER)]);
  return pebble === null || nameServer === null ? null : { pebble, nameServer };
}

/** Builds them unless they are there, and gives the authority's program. */
export async function ensureAcme(builder: GoBuilder, task: Task): Promise<string> {
  await ensureProgram(NAME_SERVER, builder, task);
  return ensureProgram(PEBBLE, builder, task);
}
