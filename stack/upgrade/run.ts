/** The steps of an upgrade, and the way back. */
import { existsSync } from 'node:fs';
import { createClient } from '@appflux/client';
import { z } from 'zod';
import { addressesOf } from '../addresses/addresses.ts';
import { isStackProblem, messageOf, StackProblem } from '../problem.ts';
import { during } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { keepSecrets, statePaths } from '../state.ts';
import { readMark } from '../state-format.ts';
import { backUpFirst, planBackup } from './backup.ts';
import { Checkout } from './checkout.ts';
import { type Context, ended, locked, STRANDED, UPGRADED, type Upgrade, WENT_BACK } from './context.ts';
import { goBack } from './go-back.ts';
import { exchange, prepareNext, removeBesides } from './packages.ts';
import { holdBuilds, untilIdle } from './quiet.ts';
import { findRunning, startLog } from './running.ts';
import { type Begun, forgetSaved, readBegun, savedFolder, saveState } from './saved-state.ts';
import { checkInstance, type Sample, takeSample } from './self-check.ts';

const EMPTY: Sample = { app: null, artifact: null, online: [] };

/** Upgrades. Returns the exit code. @throws StackProblem if nothing was changed */
export async function upgrade(upgrade: Upgrade): Promise<number> {
  const { root, options, progress, signal } = upgrade;
  const checkout = await Checkout.open(root);
  const running = await findRunning(root, process.env);
  if (!existsSync(statePaths(running.state).secrets)) {
    throw new StackProblem(
      'upgrade_refused',
      `There is no instance in ${running.state}`,
      'set APPFLUX_STATE to its state folder, or use "git pull" where none has been started yet',
    );
  }
  const begun = await readBegun(running.state);
  if (begun !== null) throw brokenOff(running.state, begun.version);
  await during(progress, 'Fetching versions', () => checkout.fetch());
  const target = await checkout.target(options.to);
  const before = await checkout.position();
  if (
    before.commit === target.commit ||
    (options.to === null && (await checkout.contains(before.commit, target.commit)))
  ) {
    progress.say(`This is ${target.name} already, or a later version. Nothing to do.`);
    return UPGRADED;
  }
  const versions = {
    old: await versionOf(checkout, before.commit),
    new: await versionOf(checkout, target.commit),
  };
  progress.say(
    `From ${versions.old} (${before.commit.slice(0, 7)}) to ${versions.new} (${target.name}, ${target.commit.slice(0, 7)}); ${running.ran ? `the instance is ${running.name}` : 'the instance does not run'}.`,
  );
  // Before the minutes that it takes to prepare a version.
  const backup = options.noBackup ? null : await planBackup(root, running, options.backup);
  const url = addressesOf(readSettings(running.env, root)).localUrl;
  const { operatorSecret } = await keepSecrets(running.state);
  const client = createClient({ url, token: operatorSecret, timeoutMs: 15_000 });
  let code = WENT_BACK;
  try {
    const sample = running.ran ? await takeSample(client) : EMPTY;
    const context: Context = { ...upgrade, checkout, running, url, client, before, target, versions, sample };
    await during(progress, `Preparing ${versions.new} beside the running version`, (task) =>
      prepareNext(checkout, target.commit, process.env, task.detail),
    );
    if (backup !== null) {
      const made = await during(progress, 'Backing up', () => backUpFirst(root, running, backup));
      progress.say(made);
    }
    signal.throwIfAborted();
    code = await quietly(context);
    return code;
  } catch (error) {
    // What was interrupted says less than why.
    throw signal.aborted ? signal.reason : error;
  } finally {
    // What is left there of a version that could not be put back is needed.
    if (code !== STRANDED) await removeBesides(root);
  }
}

/** Holds builds, waits for those that run, and replaces the version. */
async function quietly(context: Context): Promise<number> {
  const { options, progress, running, client, signal, versions } = context;
  const release = running.ran ? await holdBuilds(client, versions.new) : null;
  try {
    if (running.ran && release === null)
      progress.say(
        'The running version has no maintenance switch: builds that run are stopped and built again.',
      );
    if (release !== null && !options.now) {
      await during(progress, 'Waiting for running builds', (task) =>
        untilIdle(client, options.waitMinutes, signal, task.detail),
      );
    }
  } catch (error) {
    await release?.();
    throw error;
  }
  const code = await replace(context);
  if (code !== STRANDED && running.ran) await endMaintenance(context, release);
  return code;
}

/** Also of a version that was put back, whose data says that it is in maintenance. */
async function endMaintenance({ progress }: Context, release: (() => Promise<void>) | null): Promise<void> {
  try {
    await release?.();
  } catch (error) {
    progress.say(
      `Warning: maintenance could not be turned off (${messageOf(error)}); turn it off in the dashboard`,
    );
  }
}

const begunWith = ({ before, versions, running }: Context): Begun => ({
  ...before,
  version: versions.old,
  ran: running.ran,
});

async function replace(context: Context): Promise<number> {
  const { progress, running, versions, root } = context;
  try {
    await during(progress, `Stopping ${versions.old}`, () => running.stop());
    await during(progress, 'Copying the databases', () =>
      locked(running.state, () => saveState(running.state, begunWith(context))),
    );
    await during(progress, `Switching to ${versions.new}`, () =>
      locked(running.state, async () => {
        await exchange(root);
        await context.checkout.switchTo(context.target);
      }),
    );
    await during(progress, `Starting and checking ${versions.new}`, async (task) => {
      await running.start();
      await checkInstance({
        ...context,
        version: versions.new,
        hasEnded: ended(running),
        detail: task.detail,
      });
      await checkMark(context);
    });
  } catch (error) {
    const reason = context.signal.aborted ? context.signal.reason : error;
    progress.say(`The upgrade failed: ${isStackProblem(reason) ? reason.message : messageOf(reason)}.`);
    return goBack({ ...context, version: versions.old, ran: running.ran });
  }
  await forgetSaved(running.state);
  progress.say(`Upgraded to ${versions.new}.`);
  if (!running.ran) {
    await running.stop();
    progress.say('It was checked and stopped again, as it did not run before. Start it as usual.');
  } else if (!running.isService) {
    progress.say(`It runs in the background; its output is in ${startLog(running.state)}.`);
  }
  return UPGRADED;
}

/** Versions that mark the state say by which commit it was opened. */
async function checkMark({ checkout, running, target }: Context): Promise<void> {
  if ((await checkout.fileOf(target.commit, 'stack/state-format.ts')) === null) return;
  const mark = await readMark(running.state);
  if (mark === null || mark.commit === null || mark.commit === target.commit) return;
  throw new StackProblem(
    'upgrade_failed',
    `The state was opened by commit ${mark.commit.slice(0, 7)}, not ${target.commit.slice(0, 7)}`,
    'the version before is put back',
  );
}

const Manifest = z.object({ version: z.string() });

/** What the control plane of a commit reports as its version. */
async function versionOf(checkout: Checkout, commit: string): Promise<string> {
  const text = await checkout.fileOf(commit, 'edge/package.json');
  return Manifest.parse(JSON.parse(text ?? '{}')).version;
}

const brokenOff = (state: string, version: string) =>
  new StackProblem(
    'upgrade_refused',
    `An earlier upgrade from ${version} broke off`,
    `"npm run upgrade -- --back" goes back to ${version}; or remove ${savedFolder(state)} and the files beside it to keep the version that is checked out`,
  );
