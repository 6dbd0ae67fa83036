/** `appflux-runner start`: claims and builds jobs until it is stopped. */
import { Agent } from '../agent/agent.ts';
import { Capacity } from '../agent/capacity.ts';
import { machineClock } from '../agent/clock.ts';
import { Registration, readRegistration, writeRegistration } from '../config/registration.ts';
import type { Settings } from '../config/settings.ts';
import { sweepMemory } from '../job/files/memory-folder.ts';
import type { Journal } from '../journal.ts';
import { RunnerProblem } from '../problem.ts';
import { openScanning } from '../scan/choose-scanner.ts';
import { openTracing } from '../tracing/tracing.ts';
import { VERSION } from '../version.ts';
import { sendToInstance } from './instance-origin.ts';
import { lockRunner } from './lock.ts';
import { openExecutor } from './open-executor.ts';

/**
 * Runs until SIGTERM or SIGINT; the builds at hand are then given back and cleared away. A second signal ends
 * the process on the spot, and the next start clears away.
 * @throws {RunnerProblem} when it cannot start, or when its credential was revoked
 */
export async function start(settings: Settings, journal: Journal): Promise<void> {
  const registration = await readRegistration(settings.state);
  if (registration === undefined) {
    throw new RunnerProblem(`${settings.state} has no registration`, 'Run `appflux-runner register` first');
  }
  const unlock = await lockRunner(registration.id);
  const capacity = new Capacity({
    settings,
    registered: registration,
    journal,
    keep: ({ name, labels, slots }) =>
      writeRegistration(settings.state, Registration.parse({ ...registration, name, labels, slots })),
  });
  if (settings.publicUrl !== undefined)
    sendToInstance(new URL(settings.publicUrl), new URL(registration.url));
  const { labels } = capacity.announced;
  const opened = await openExecutor({ settings, labels, runnerId: registration.id, journal });
  await sweepMemory(registration.id);
  const scanning = await openScanning(settings, journal);
  const tracing = await openTracing(process.env, registration, journal);
  const agent = new Agent({
    capacity,
    scanner: () => scanning.facts(),
    disks: opened.disks,
    machine: opened.machine,
    host: {
      executor: opened.executor,
      scanner: scanning,
      settings,
      runnerId: registration.id,
      journal,
      url: new URL(registration.url),
      credential: registration.credential,
      name: registration.name,
      version: VERSION,
      clock: machineClock(),
      tracing,
    },
  });
  const forget = onSignals((signal) => {
    journal.info('Shutting down: returning builds to the queue and cleaning up', { signal });
    agent.stop();
  });
  const { slots } = capacity.announced;
  journal.info('Starting', { name: registration.name, url: registration.url, slots, version: VERSION });
  const end = await agent.run();
  await opened.close();
  await scanning.close();
  await tracing.close();
  forget();
  unlock();
  if (end === 'revoked') {
    throw new RunnerProblem(
      `The runner ${registration.name} was removed from ${registration.url}`,
      'If that was a mistake, register it again with `appflux-runner register --replace`',
    );
  }
  journal.info('Ended');
}

/** Calls back at the first signal that asks the process to end; the second one ends it. */
function onSignals(callback: (signal: string) => void): () => void {
  let told = false;
  const listener = (signal: NodeJS.Signals) => {
    if (told) process.exit(130);
    told = true;
    callback(signal);
  };
  process.on('SIGTERM', listener).on('SIGINT', listener);
  return () => {
    process.off('SIGTERM', listener).off('SIGINT', listener);
  };
}
