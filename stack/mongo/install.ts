/** A server that speaks MongoDB's protocol, for the metadata tests: FerretDB, on SQLite. */

import type { GoBuilder } from '../go/builder.ts';
import { ensureProgram, findProgram, type GoProgram } from '../go/program.ts';
import type { Task } from '../progress.ts';

const FERRETDB: GoProgram = {
  title: 'A MongoDB server for the tests',
  name: 'ferretdb',
  module: 'github.com/FerretDB/FerretDB',
  version: 'v1.24.2',
  package: 'cmd/ferretdb',
  tags: ['ferretdb_no_postgresql'],
  files: { 'build/version/version.txt': 'v1.24.2\n' },
};

/** The server's program: one on the PATH, else the one that was built here, else null. */
export const findFerretDb = (): Promise<string | null> => findProgram(FERRETDB);

/** Builds the server unless it exists, and returns its path. */
export const ensureFerretDb = (builder: GoBuilder, task: Task): Promise<string> =>
  ensureProgram(FERRETDB, builder, task);
