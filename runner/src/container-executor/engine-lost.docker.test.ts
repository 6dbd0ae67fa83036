/** The container engine is killed, or restarted, while a build runs: an engine of the test's own. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { outcomeOf } from '../job/outcome.ts';
import { DEPLOYMENT_LABEL, RUNNER_LABEL } from '../sandbox/container-spec.ts';
import { isEngineAway } from '../sandbox/engine.ts';
import { runContainer } from '../sandbox/run-container.ts';
import { containersOf, keptJournal } from '../testing/docker.ts';
import { type PrivateEngine, SHELL_IMAGE, startPrivateEngine } from '../testing/private-engine.ts';
import { newRunnerId } from '../testing/sample-job.ts';
import { engineFailure } from './engine-failure.ts';
import { giveBack, processesOf } from './engine-lost.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const deploymentId = '66f2a1c04b7e9d0012345678';

describe.runIf(process.getuid?.() === 0).each([false, true])(
  'an engine with live-restore %s',
  (liveRestore) => {
    let own: PrivateEngine;
    beforeAll(async () => {
      own = await startPrivateEngine({ liveRestore });
    });
    afterAll(() => own?.close());

    test.each<NodeJS.Signals>(['SIGKILL', 'SIGTERM'])(
      'that ends by %s: the build is given back once it answers, and leaves nothing',
      async (how) => {
        const runnerId = newRunnerId();
        const { journal, lines } = keptJournal();
        const said: string[] = [];
        let printed = 0;
        const printing = Promise.withResolvers<void>();
        const { signal } = new AbortController();
        const running = runContainer(own.engine, {
          spec: {
            Image: SHELL_IMAGE,
            Cmd: ['/bin/sh', '-c', 'trap exit TERM; while true; do echo printing; sleep 0.1; done'],
            Labels: { [RUNNER_LABEL]: runnerId, [DEPLOYMENT_LABEL]: deploymentId },
            HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'none', Config: {} } },
          },
          output: () => {
            printed += 1;
            // By then the engine has begun all of its answers.
            if (printed === 10) printing.resolve();
          },
          ready: async () => undefined,
          signal,
          onLeftover: () => undefined,
        });
        const ended = running.then(
          ({ exitCode }) => new Error(`it ended with ${exitCode}`),
          (error: unknown) => engineFailure(error, journal),
        );
        await printing.promise;
        const [id = ''] = await containersOf(own.engine, runnerId);
        await own.end(how);
        const error = await ended;
        expect(isEngineAway(error), String(error.cause)).toBe(true);
        const returned = giveBack(
          { engine: own.engine, runnerId, journal },
          { deploymentId, prepared: null },
          error,
          {
            signal,
            log: (text) => said.push(String(text)),
          },
        );
        await own.start();
        const stopped = await returned;
        expect(await containersOf(own.engine, runnerId)).toEqual([]);
        expect(await processesOf(id)).toEqual([]);
        // The edge offers what is given back again (lifecycle.test.ts, "stopped").
        expect(outcomeOf(stopped, undefined, 'building', 600)).toEqual({ report: { status: 'canceled' } });
        expect(said).toHaveLength(1);
        expect(lines.join('')).toContain('The container engine stopped during a build');
      },
    );
  },
);
