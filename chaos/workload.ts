/** What the deployments of a run build: a script that prints numbered lines and, at the end, their digest. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';

/** The work of one build. */
export interface Work {
  readonly lines: number;
  /** How long printing the lines takes altogether. Milliseconds. */
  readonly milliseconds: number;
  readonly exitCode: number;
  /** Incompressible bytes in its output, besides the page. */
  readonly megabytes: number;
}

export const BUILD_COMMAND = 'node build.mjs';
export const OUTPUT = 'dist';

/** The page of the output; it contains the digest line with which the build's log ends. */
export const PAGE = 'index.html';

const SCRIPT = `import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const work = JSON.parse(readFileSync('work.json', 'utf8'));
const hash = createHash('sha256');
const startedAt = performance.now();
for (let n = 1; n <= work.lines; n += 1) {
  const line = \`line \${n} \${randomBytes(12).toString('hex')}\\n\`;
  hash.update(line);
  process.stdout.write(line);
  const early = (n / work.lines) * work.milliseconds - (performance.now() - startedAt);
  if (early > 5) await sleep(early);
}
const digest = \`printed \${work.lines} \${hash.digest('hex')}\`;
process.stdout.write(\`\${digest}\\n\`);
mkdirSync('${OUTPUT}');
writeFileSync('${OUTPUT}/${PAGE}', \`<!doctype html><title>Chaos</title><p>\${digest}</p>\\n\`);
for (let n = 1; n <= work.megabytes; n += 1) writeFileSync(\`${OUTPUT}/\${n}.bin\`, randomBytes(1_000_000));
process.exitCode = work.exitCode;
`;

/** The source tree of a work: file names and their text. */
export function sourceOf(work: Work): Record<string, string> {
  return { 'build.mjs': SCRIPT, 'work.json': JSON.stringify(work) };
}

/** The source tree as a ZIP. */
export function zipOf(work: Work): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, text] of Object.entries(sourceOf(work))) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  return buffer(zip.outputStream);
}

/** What a build printed, judged by its own digest. */
export interface Printed {
  /** Whether the numbered lines are 1, 2, 3 ... without a gap or a repeat. */
  readonly inOrder: boolean;
  readonly lines: number;
  /** The digest line, if it was printed; it is also on the page. */
  readonly digest: string | null;
  /** Whether the lines match the digest. */
  readonly complete: boolean;
}

/** Parses what a build has printed: the texts of its own lines in one attempt, in order. */
export function readPrinted(texts: readonly string[]): Printed {
  const hash = createHash('sha256');
  let lines = 0;
  let inOrder = true;
  let digest: string | null = null;
  for (const text of texts) {
    const number = /^line (\d+) [0-9a-f]{24}$/.exec(text)?.[1];
    if (number !== undefined) {
      lines += 1;
      inOrder &&= Number(number) === lines && digest === null;
      hash.update(`${text}\n`);
    } else if (text.startsWith('printed ')) {
      inOrder &&= digest === null;
      digest = text;
    } else {
      inOrder = false;
    }
  }
  const complete = inOrder && digest === `printed ${lines} ${hash.digest('hex')}`;
  return { inOrder, lines, digest, complete };
}
