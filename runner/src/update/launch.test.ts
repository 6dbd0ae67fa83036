/** Versions that work, crash, hang, and are refused, as processes of their own. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptJournal } from '../testing/docker.ts';
import { launch } from './launch.ts';
import { putProgram, putVersion, sha256Of } from './testing/packages.ts';
import {
  emptyRecord,
  folderOf,
  MOST_TRIES,
  readied,
  readRecord,
  type Version,
  type VersionRecord,
  writeRecord,
} from './version-record.ts';

/** Long enough for Node to start on a busy machine. */
const TIMING = { withinMs: 4_000, stayMs: 300 };
const NEXT: Version = { version: '2.0.0', sha256: sha256Of('next') };
const INSTALLED = { version: '1.0.0', sha256: sha256Of('installed') };

let home: string;
let state: string;
let take: ((signal: NodeJS.Signals) => void) | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'appflux-launch-'));
  state = join(home, 'state');
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** A program that writes down that it was started, and then does this. */
const program = (name: string, does: string) => `
import { appendFileSync } from 'node:fs';
const note = (text: string) => appendFileSync(${JSON.stringify(join(home, 'log'))}, '${name} ' + text + '\\n');
const report = (message: object) => process.send?.(message);
const end = (code: number) => { process.disconnect?.(); process.exit(code); };
process.on('SIGTERM', () => { note('stopped'); end(0); });
note('started');
${does}
`;
const CONNECTS = `report({ type: 'pool', connected: true });`;
const STAYS = `setInterval(() => undefined, 1000);`;
const CRASHES = `process.exit(7);`;
/** Ends as the runner of the test's owner would: by itself, once it has proved that it works. */
const WORKS = `${CONNECTS} setTimeout(() => end(0), 1000);`;
const MAKES_READY = (version: Version) =>
  `${CONNECTS} setTimeout(() => { report({ type: 'ready', ...${JSON.stringify(version)} }); end(0); }, 600);`;

/** Runs to the end with an installation that does this, and a record. */
async function run(installed: string, record?: VersionRecord) {
  await putProgram(join(home, 'installed'), program('installed', installed));
  if (record !== undefined) await writeRecord(state, record);
  const { journal, lines } = keptJournal();
  const exitCode = await launch({
    state,
    installed: { ...INSTALLED, folder: join(home, 'installed') },
    args: ['start'],
    env: process.env,
    journal,
    onSignals: (listener) => {
      take = listener;
      return () => undefined;
    },
    timing: TIMING,
  });
  const log = await logged();
  return { exitCode, log, record: await readRecord(state, INSTALLED), journal: lines.join('') };
}

const logged = async () =>
  (await readFile(join(home, 'log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

const trying = (tries = 0): VersionRecord => ({
  ...readied(emptyRecord(INSTALLED), NEXT),
  trying: { ...NEXT, tries },
});

test('a version that a runner has made ready replaces it', async () => {
  await putVersion(state, NEXT, program('next', WORKS));
  const { exitCode, log, record } = await run(MAKES_READY(NEXT), readied(emptyRecord(INSTALLED), NEXT));
  expect({ exitCode, log }).toEqual({ exitCode: 0, log: ['next started'] });
  expect(record).toMatchObject({ current: NEXT, trying: null, refused: [] });
});

test('the running version ends first, and the next one is started with the same arguments', async () => {
  await putVersion(state, NEXT, program('next', `note(process.argv.slice(2).join()); ${WORKS}`));
  // The folder of a version that nothing is recorded of is removed at the start, so that it comes later here.
  const does = `
    const { cpSync } = await import('node:fs');
    setTimeout(() => cpSync(${JSON.stringify(join(home, 'kept'))}, ${JSON.stringify(folderOf(state, NEXT))}, { recursive: true }), 100);
    ${MAKES_READY(NEXT)}`;
  await rm(join(home, 'kept'), { recursive: true, force: true });
  const { cp } = await import('node:fs/promises');
  await cp(folderOf(state, NEXT), join(home, 'kept'), { recursive: true });
  const { log, record } = await run(does);
  expect(log).toEqual(['installed started', 'next started', 'next start']);
  expect(record.current).toEqual(NEXT);
});

test.each([
  ['crashes at its start', CRASHES],
  ['ends at its start', 'end(0);'],
  ['never connects', STAYS],
  ['is cut off each time', `${CONNECTS} report({ type: 'pool', connected: false }); ${STAYS}`],
  ['says what nobody understands', `report({ type: 'pool' }); process.send?.('x'); ${STAYS}`],
  ['is no program', 'this is no program'],
])('a version that %s gives way to the one before, and is not tried again', async (_what, does) => {
  await putVersion(state, NEXT, program('next', does));
  const { exitCode, log, record, journal } = await run(WORKS, trying());
  expect(exitCode).toBe(0);
  expect(log.at(-1)).toBe('installed started');
  expect(record).toMatchObject({ current: null, trying: null, refused: [NEXT] });
  expect(journal).toContain('Going back to the one before');
  expect(await readdir(join(state, 'versions'))).toEqual(['versions.json']);
});

test('if the version before does not work either, it is tried again, but not for ever', async () => {
  await putVersion(state, NEXT, program('next', CRASHES));
  const first = await run(CRASHES, trying());
  expect(first).toMatchObject({ exitCode: 7, record: { trying: { tries: 1 }, refused: [] } });
  const last = await run(CRASHES, trying(MOST_TRIES - 1));
  expect(last).toMatchObject({ exitCode: 7, record: { trying: null, refused: [NEXT] } });
});

test('an update that cannot start any more gives way to the installation', async () => {
  await putVersion(state, NEXT, program('next', CRASHES));
  const { exitCode, log, record } = await run(WORKS, { ...emptyRecord(INSTALLED), current: NEXT });
  expect({ exitCode, log }).toEqual({ exitCode: 0, log: ['next started', 'installed started'] });
  expect(record).toMatchObject({ current: null, refused: [NEXT] });
});

test('an update that has worked ends as any runner: the exit code is its own', async () => {
  const does = `${CONNECTS} setTimeout(() => end(3), 1000);`;
  await putVersion(state, NEXT, program('next', does));
  const { exitCode, log, record } = await run(WORKS, { ...emptyRecord(INSTALLED), current: NEXT });
  expect({ exitCode, log }).toEqual({ exitCode: 3, log: ['next started'] });
  expect(record.current).toEqual(NEXT);
});

test('a signal reaches the version that is tried, and does not count against it', async () => {
  await putVersion(state, NEXT, program('next', STAYS));
  const ended = run(WORKS, trying());
  await expect.poll(logged).toContain('next started');
  take?.('SIGTERM');
  const { exitCode, log, record } = await ended;
  expect({ exitCode, log }).toEqual({ exitCode: 0, log: ['next started', 'next stopped'] });
  expect(record).toMatchObject({ trying: { ...NEXT, tries: 0 }, refused: [] });
});

test('another installation is started itself, whatever was recorded of the one before', async () => {
  await putVersion(state, NEXT, program('next', WORKS));
  const before = { ...emptyRecord({ version: '0.9.0', sha256: null }), current: NEXT };
  const { log, record } = await run(WORKS, before);
  expect(log).toEqual(['installed started']);
  expect(record).toEqual(emptyRecord(INSTALLED));
  expect(await readdir(join(state, 'versions'))).toEqual(['versions.json']);
});

test('a package that must not be installed is recorded', async () => {
  const { record } = await run(
    `report({ type: 'bad', ...${JSON.stringify(NEXT)}, reason: 'it has a link' }); ${WORKS}`,
  );
  expect(record.refused).toEqual([{ ...NEXT, reason: 'it has a link' }]);
});
