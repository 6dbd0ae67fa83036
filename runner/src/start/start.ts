/** `appflux-runner start`: claims and builds jobs until it is stopped. */
import { Agent } from '../agent/agent.ts';
import { Capacity } from '../agent/capacity.ts';
import { machineClock } from '../agent/clock.ts';
import { Registration, readRegistration, writeRegistration } from '../config/registration.ts';
import type { Settings } from '../config/settings.ts';
import { sweepMemory } from '../job/files/memory-folder.ts';
import type { Journal } from '../journal.ts';
import { collectGarbageSoon } from '../memory.ts';
import { RunnerProblem } from '../problem.ts';
import { register } from '../register/register.ts';
import { unregister } from '../register/unregister.ts';
import { openScanning } from '../scan/choose-scanner.ts';
import { openTracing } from '../tracing/tracing.ts';
import { VERSION } from '../version.ts';
import { sendToInstance } from './instance-origin.ts';
import { lockRunner } from './lock.ts';
import { openExecutor } from './open-executor.ts';
import { openSelfUpdate } from './self-update.ts';

/** For so long builds may hold up an update: the longest time limit of an App, and the upload after it. Milliseconds. */
const LONGEST_BUILD_MS = 7 * 3_600_000;

/**
 * Runs until SIGTERM or SIGINT. With the setting `drain`, the builds at hand may then end; without it, after that time and
 * at the next signal they are given back and cleared away. One more signal ends the process on the spot, and the next
 * start clears away.
 * @throws {RunnerProblem} when it cannot start, or when its credential was revoked
 */
export async function start(settings: Settings, journal: Journal): Promise<void> {
  const registration =
    (await readRegistration(settings.state)) ?? (await firstRegistration(settings, journal));
  const unlock = await lockRunner(registration.id);
  const capacity = new Capacity({
    settings: settings.ephemeral ? { ...settings, slots: 1 } : settings,
    registered: registration,
    journal,
    keep: ({ name, labels, slots }) =>
      writeRegistration(settings.state, Registration.parse({ ...registration, name, labels, slots })),
  });
  if (settings.publicUrl !== undefined)
    sendToInstance(new URL(settings.publicUrl), new URL(registration.url));
  const { labels, slots } = capacity.announced;
  const opened = await openExecutor({
    settings,
    labels,
    slots,
    runnerId: registration.id,
    journal,
    url: new URL(registration.url),
    credential: registration.credential,
  });
  await sweepMemory(registration.id);
  const scanning = await openScanning(settings, journal);
  const tracing = await openTracing(process.env, registration, journal);
  const selfUpdate = await openSelfUpdate({
    instance: new URL(registration.url),
    state: settings.state,
    withinMs: settings.selfUpdateWithin * 1000,
    env: process.env,
    journal,
    whenIdle: () => agent.whenIdle(),
    onReady: () => agent.drain(LONGEST_BUILD_MS),
    onGone: () => agent.stop(),
  });
  const agent = new Agent({
    onConnected: (connected) => selfUpdate.connected(connected),
    onIdle: collectGarbageSoon,
    onIncompatible: () => selfUpdate.incompatible(),
    capacity,
    scanner: () => scanning.facts(),
    disks: opened.disks,
    machine: opened.machine,
    ...(opened.pictures === undefined ? {} : { pictures: opened.pictures }),
    ephemeral: settings.ephemeral,
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
  const forget = onSignals([
    ...(settings.drain === 0
      ? []
      : [
          (signal: string) => {
            journal.info('Draining: finishing the running builds', { signal, seconds: settings.drain });
            agent.drain(settings.drain * 1000);
          },
        ]),
    (signal: string) => {
      journal.info('Shutting down: returning builds to the queue and cleaning up', { signal });
      agent.stop();
    },
  ]);
  journal.info('Starting', { name: registration.name, url: registration.url, slots, version: VERSION });
  // Until the first build there is nothing to be idle after.
  collectGarbageSoon();
  const end = await agent.run();
  await opened.close();
  await scanning.close();
  await tracing.close();
  selfUpdate.close();
  forget();
  unlock();
  if (end === 'revoked') {
    throw new RunnerProblem(
      `The runner ${registration.name} was removed from ${registration.url}`,
      'If that was a mistake, register it again with `appflux-runner register --replace`',
    );
  }
  if (settings.ephemeral) await unregister(settings.state, registration, journal);
  journal.info('Ended');
}

/** Registers a runner whose `start` was given what `register` needs, as containers and new machines are. */
async function firstRegistration(settings: Settings, journal: Journal): Promise<Registration> {
  if (settings.url === undefined || settings.token === undefined) {
    throw new RunnerProblem(
      `${settings.state} has no registration`,
      'Run `appflux-runner register` first, or set --url and --token',
    );
  }
  const registration = await register(settings);
  journal.info('Registered', { name: registration.name, url: registration.url });
  return registration;
}

/** Takes one step at each signal that asks the process to end. The signal after the last one ends it. */
function onSignals(steps: ((signal: string) => void)[]): () => void {
  const left = [...steps];
  const listener = (signal: NodeJS.Signals) => {
    const step = left.shift();
    if (step === undefined) process.exit(130);
    step(signal);
  };
  process.on('SIGTERM', listener).on('SIGINT', listener);
  return () => {
    process.off('SIGTERM', listener).off('SIGINT', listener);
  };
}
