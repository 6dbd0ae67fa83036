/**
 * One build at a time, in turns: by a runner with a sandbox that waits, by one without, and by a bare `docker run`. The
 * build prints the clock, so that all three are compared by when its first command ran.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from '@appflux/protocol';
import { execa } from 'execa';
import { Client } from '../../e2e/instance/client.ts';
import { type EdgeInstance, startInstance } from '../../e2e/instance/edge.ts';
import { type RunnerProcess, startRunner } from '../../e2e/instance/runner.ts';
import { zipOf } from '../../e2e/source/zip.ts';
import { BUILDER, PREPARED_LABEL, RUNNER_LABEL } from '../../runner/src/sandbox/container-spec.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { WEB_IMAGE } from '../../runner/src/testing/docker.ts';

export type Kind = 'prepared' | 'unprepared' | 'docker run';

/** Milliseconds from the request, in the order of the steps; a bare run has only the last two. */
export interface Steps {
  readonly answered?: number;
  readonly begun?: number;
  readonly fetched?: number;
  readonly detected?: number;
  readonly 'first command': number;
  readonly ended: number;
}

const CLOCK = 'date +clock-%s%3N';

/** A project whose build is only a container start. */
export const PROJECT = {
  'package.json': '{"name":"quick","version":"1.0.0"}',
  'appflux.json': JSON.stringify({
    installCommand: CLOCK,
    buildCommand: 'mkdir dist && echo quick > dist/index.html',
    outputs: ['dist'],
  }),
};

/** What a bare run does in place of it. */
const BARE = `${CLOCK} && mkdir /tmp/dist && echo quick > /tmp/dist/index.html`;

/** Runs each kind `rounds` times, after one of each that is not counted. */
export async function stepsInTurns(
  rounds: number,
  progress: (text: string) => void,
): Promise<Record<Kind, Steps[]>> {
  const edge = await startInstance();
  const ways: QuickApp[] = [];
  try {
    for (const prepared of [1, 0]) ways.push(await QuickApp.open(edge, prepared));
    const measured: Record<Kind, Steps[]> = { prepared: [], unprepared: [], 'docker run': [] };
    for (let turn = 0; turn <= rounds; turn += 1) {
      const round: Steps[] = [];
      for (const way of ways) round.push(await way.deploy());
      round.push(await bareRun());
      for (const [index, kind] of (['prepared', 'unprepared', 'docker run'] as const).entries()) {
        const steps = round[index];
        if (turn > 0 && steps !== undefined) measured[kind].push(steps);
      }
      progress(
        `dispatch ${turn}/${rounds}: ${round.map((steps) => Math.round(steps['first command'])).join(', ')} ms`,
      );
    }
    return measured;
  } finally {
    for (const way of ways) await way.runner.stop();
    await edge.stop();
  }
}

/** An app that only its own runner builds. */
export class QuickApp {
  readonly runner: RunnerProcess;
  readonly #client: Client;
  readonly #slug: string;
  readonly #uploadId: string;
  readonly #prepared: number;

  private constructor(
    client: Client,
    runner: RunnerProcess,
    app: { slug: string; uploadId: string; prepared: number },
  ) {
    this.#client = client;
    this.runner = runner;
    this.#slug = app.slug;
    this.#uploadId = app.uploadId;
    this.#prepared = app.prepared;
  }

  /** @param prepared how many sandboxes wait */
  static async open(edge: EdgeInstance, prepared: number, slots = 1): Promise<QuickApp> {
    const name = prepared > 0 ? 'prepared' : 'unprepared';
    const env = { APPFLUX_RUNNER_PREPARED: String(prepared) };
    const runner = await startRunner(edge, { name, labels: ['linux', name], slots, env });
    const client = new Client(edge);
    const build = { labels: [name], supersede: false, concurrency: 20 };
    const { slug } = await client.createApp({ name, build });
    const uploadId = await client.upload('quick.zip', await zipOf(PROJECT));
    return new QuickApp(client, runner, { slug, uploadId, prepared });
  }

  /** Deploys once the runner is idle and its sandboxes wait. */
  async deploy(): Promise<Steps> {
    const requestedAt = Date.now();
    const id = await this.request();
    const answered = Date.now() - requestedAt;
    const deployment = await this.#client.untilEnded(id);
    if (deployment.status !== 'success') throw new Error(deployment.failure?.message);
    const { items } = await this.#client.logs(id);
    const since = (time: string | number | null | undefined) =>
      (typeof time === 'number' ? time : Date.parse(time ?? '')) - requestedAt;
    await this.idle();
    return {
      answered,
      begun: since(beginOf('preparing', deployment)),
      fetched: since(beginOf('scanning', deployment)),
      detected: since(beginOf('building', deployment)),
      'first command': since(clockIn(items.map(({ text }) => text).join('\n'))),
      ended: since(deployment.finishedAt),
    };
  }

  /** Requests a deployment, which ends at any time later. */
  async request(): Promise<string> {
    return (await this.#client.deploy(this.#slug, { uploadId: this.#uploadId })).id;
  }

  /** Resolves when the runner builds nothing and has as many waiting as it may. */
  async idle(): Promise<void> {
    await this.runner.leftovers();
    const label = [`${RUNNER_LABEL}=${this.runner.id}`, PREPARED_LABEL];
    for (;;) {
      const waiting = await connectEngine().listContainers({ filters: { label, status: ['running'] } });
      if (waiting.length === this.#prepared) return;
      await sleep(20);
    }
  }
}

const beginOf = (phase: string, { phases }: Deployment): string | undefined =>
  phases.find((span) => span.phase === phase)?.startedAt;

function clockIn(text: string): number {
  const clock = /^clock-(\d+)$/m.exec(text)?.[1];
  if (clock === undefined) throw new Error(`the build printed no clock: ${text}`);
  return Number(clock);
}

/** A container with what a sandbox has of limits, and the engine's network. */
export async function bareRun(): Promise<Steps> {
  const requestedAt = Date.now();
  const limits = ['--memory=4g', '--memory-swap=4g', '--cpus=2', `--user=${BUILDER}`];
  const { stdout } = await execa('docker', ['run', '--rm', ...limits, WEB_IMAGE, 'bash', '-c', BARE]);
  return { 'first command': clockIn(stdout) - requestedAt, ended: Date.now() - requestedAt };
}
