/** What becomes of a build whose container engine stops: it is given back, and leaves nothing on the host. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../journal.ts';
import { own } from '../masking/sentence.ts';
import { DEPLOYMENT_LABEL, RUNNER_LABEL } from '../sandbox/container-spec.ts';
import { engineMessage, removeContainer, untilEngineAnswers } from '../sandbox/engine.ts';
import type { StepContext } from '../step-context.ts';
import { Stopped } from '../stop.ts';
import type { BuildHost } from './build-input.ts';

/** How long an engine may take to come back before the build is given back without it, in milliseconds. */
const BACK_WITHIN_MS = 60_000;

/** What an engine that stopped may have left. */
export interface LostBuild {
  readonly deploymentId: string;
  /** The id of the container that was prepared for the build, whose labels do not name it; null if there was none. */
  readonly prepared: string | null;
}

/**
 * Waits for the engine, because the next attempt may come to the same runner, and removes what is left of the build: a
 * container outlives its engine if that has `live-restore`, and nobody reads its output then.
 * @returns what to throw: the attempt is given back and tried again
 */
export async function giveBack(
  { engine, runnerId, journal }: Pick<BuildHost, 'engine' | 'runnerId' | 'journal'>,
  { deploymentId, prepared }: LostBuild,
  error: unknown,
  { signal, log }: Pick<StepContext, 'signal' | 'log'>,
): Promise<Stopped> {
  journal.error('The container engine stopped during a build', { deploymentId, error: engineMessage(error) });
  log(own('The container engine of this runner stopped, and the build with it. The build is given back.'));
  if (await untilEngineAnswers(engine, BACK_WITHIN_MS, signal)) {
    try {
      const label = [`${RUNNER_LABEL}=${runnerId}`, `${DEPLOYMENT_LABEL}=${deploymentId}`];
      const found = await engine.listContainers({ all: true, filters: { label } });
      for (const id of [...found.map(({ Id }) => Id), ...(prepared === null ? [] : [prepared])]) {
        await removeContainer(engine.getContainer(id));
        await killProcesses(id);
      }
    } catch (leftover) {
      // The next start of the runner finds it by its label.
      journal.error('A container could not be removed. The next start will try again', {
        deploymentId,
        error: describeError(leftover),
      });
    }
  }
  return new Stopped('engine_lost', 'The container engine stopped.');
}

/** How often what is left of a container is looked for, and how long after each time, in milliseconds. */
const LOOKS = 20;
const LOOK_EVERY_MS = 100;

/**
 * Kills what is left of a container. An engine that was killed can consider a container ended whose processes run on
 * (seen with Docker 20.10), and nothing else would ever end them. They may start others until all of them are dead.
 */
async function killProcesses(id: string): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    const pids = await processesOf(id);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`Processes of the container ${id} do not end`);
}

/**
 * The processes of a container, by their control group (cgroups(7)); none if the engine does not run on this host.
 */
export async function processesOf(id: string): Promise<number[]> {
  const found: number[] = [];
  // A system without it has no containers of its own either.
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    // A process can end at any moment, and another user's may not be read.
    const group = await readFile(`/proc/${name}/cgroup`, 'utf8').catch(() => '');
    if (group.includes(id)) found.push(Number(name));
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: it has ended, which is what is wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
