/** An S3 server other than Cloudflare's, for the storage tests: versitygw, a gateway from S3 to a folder. */

import type { GoBuilder } from '../go/builder.ts';
import { ensureProgram, findProgram, type GoProgram } from '../go/program.ts';
import type { Task } from '../progress.ts';

const VERSITYGW: GoProgram = {
  title: 'An S3 server for the tests',
  name: 'versitygw',
  module: 'github.com/versity/versitygw',
  version: 'v1.8.0',
  package: 'cmd/versitygw',
  tags: [],
  files: {},
};

/** The server's program: one on the PATH, else the one that was built here, else null. */
export const findForeignS3 = (): Promise<string | null> => findProgram(VERSITYGW);

/** Builds the server unless it exists, and returns its path. */
export const ensureForeignS3 = (builder: GoBuilder, task: Task): Promise<string> =>
  ensureProgram(VERSITYGW, builder, task);
