/** Puts the version before an upgrade and its data back. */
import { createClient } from '@appflux/client';
import { addressesOf } from '../addresses/addresses.ts';
import { messageOf, StackProblem } from '../problem.ts';
import { during, type Progress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { keepSecrets, statePaths } from '../state.ts';
import { Checkout } from './checkout.ts';
import { type Context, ended, locked, STRANDED, WENT_BACK } from './context.ts';
import { exchangeBack, removeBesides } from './packages.ts';
import { findRunning } from './running.ts';
import { forgetSaved, putBack, readBegun, savedFolder } from './saved-state.ts';
import { untilHealthy } from './self-check.ts';

export interface Back
  extends Pick<Context, 'root' | 'progress' | 'checkout' | 'running' | 'client' | 'before'> {
  /** What is put back reports this version. */
  readonly version: string;
  /** Whether it ran, and is to be started. */
  readonly ran: boolean;
  /** Whether an upgrade was killed, so that git may have written some files only. */
  readonly isBrokenOff?: boolean;
}

/** Goes back, as far as the upgrade has come. Returns the exit code. */
export async function goBack(back: Back): Promise<number> {
  const { progress, running, root, checkout, before, client, version, ran, isBrokenOff = false } = back;
  const { state } = running;
  try {
    await during(progress, `Going back to ${version}`, async () => {
      await running.stop();
      await locked(state, async () => {
        await exchangeBack(root);
        if (isBrokenOff) await checkout.forceBack(before);
        else if ((await checkout.position()).commit !== before.commit) await checkout.switchBack(before);
        // Without a whole copy, the state is as the version before has left it.
        if ((await readBegun(state)) === null) await forgetSaved(state);
        else await putBack(state);
      });
      if (!ran) return;
      await running.start();
      const { signal } = new AbortController();
      await untilHealthy({ client, version, signal, hasEnded: ended(running) });
    });
  } catch (error) {
    const where = (await readBegun(state)) === null ? state : savedFolder(state);
    progress.say(
      `Going back failed, too: ${messageOf(error)}. The data of ${version} is in ${where}; its commit is ${before.commit}.`,
    );
    return STRANDED;
  }
  progress.say(
    `${version} ${ran ? 'runs again' : 'is back'}, with its data as it was when it was stopped. The log of the failed version is in ${statePaths(state).logs}.`,
  );
  return WENT_BACK;
}

/**
 * Goes back to the version before an upgrade that was killed. Returns the exit code.
 * @throws StackProblem `upgrade_refused` if no upgrade broke off
 */
export async function goBackAfterBreak({
  root,
  progress,
}: {
  root: string;
  progress: Progress;
}): Promise<number> {
  const running = await findRunning(root, process.env);
  const begun = await readBegun(running.state);
  if (begun === null) {
    throw new StackProblem(
      'upgrade_refused',
      'No upgrade broke off, so there is nothing to go back to',
      'to use an earlier version, restore a backup of it',
    );
  }
  const checkout = await Checkout.open(root, { mayHaveChanges: true });
  const url = addressesOf(readSettings(running.env, root)).localUrl;
  const { operatorSecret } = await keepSecrets(running.state);
  const client = createClient({ url, token: operatorSecret, timeoutMs: 15_000 });
  const { commit, branch, version, ran } = begun;
  const code = await goBack({
    root,
    progress,
    checkout,
    running,
    client,
    before: { commit, branch },
    version,
    ran,
    isBrokenOff: true,
  });
  if (code === STRANDED) return code;
  await removeBesides(root);
  if (!ran) return 0;
  try {
    await client.operator.setMaintenance({ on: false });
  } catch (error) {
    progress.say(
      `Warning: maintenance could not be turned off (${messageOf(error)}); turn it off in the dashboard`,
    );
  }
  return 0;
}
