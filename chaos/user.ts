/** The user of the instance: requests deployments, cancels and redeploys, and repeats a request without an answer. */
import { randomUUID } from 'node:crypto';
import { RefusedError } from '@appflux/client';
import { type Deployment, isAppFluxError } from '@appflux/protocol';
import { type Client, pause } from '../e2e/instance/client.ts';
import type { Ledger } from './ledger.ts';
import { APPS, type AppPlan, type Step } from './plan.ts';
import type { Repositories } from './repositories.ts';
import { BUILD_COMMAND, OUTPUT, type Work, zipOf } from './workload.ts';

/** How long a call is retried while the instance does not answer, in milliseconds. */
const PATIENCE_MS = 60_000;

/** Statuses that ask for a later retry. */
const LATER: ReadonlySet<number> = new Set([429, 502, 503]);

/** Whether the instance itself refused a call. A proxy in between is where faults are injected. */
const isRefusal = (error: unknown): error is RefusedError =>
  error instanceof RefusedError && error.serverCode !== null;

/** Whether repeating a call can't help. */
const isFinal = (error: unknown): boolean =>
  isRefusal(error) && error.httpStatus < 500 && !LATER.has(error.httpStatus);

interface App {
  readonly plan: AppPlan;
  readonly slug: string;
}

export class User {
  readonly #client: Client;
  readonly #ledger: Ledger;
  readonly #repositories: Repositories;
  readonly #apps: readonly App[];
  /** The deployments in the order of their requests. */
  readonly #deployments: Promise<Deployment>[] = [];
  readonly #works: Work[] = [];

  private constructor(client: Client, ledger: Ledger, repositories: Repositories, apps: readonly App[]) {
    this.#client = client;
    this.#ledger = ledger;
    this.#repositories = repositories;
    this.#apps = apps;
  }

  /** Creates the apps. */
  static async create(client: Client, ledger: Ledger, repositories: Repositories): Promise<User> {
    const apps: App[] = [];
    for (const plan of APPS) {
      const { supersede, concurrency } = plan;
      const { slug } = await client.createApp({
        name: plan.name,
        type: 'web',
        source:
          plan.source === 'git'
            ? { provider: 'git', repoUrl: repositories.urlOf(plan.name) }
            : { provider: 'upload' },
        build: { buildCommand: BUILD_COMMAND, outputs: [OUTPUT], supersede, concurrency },
      });
      apps.push({ plan, slug });
    }
    return new User(client, ledger, repositories, apps);
  }

  /** The slugs of the apps whose newer deployments supersede waiting ones. */
  get superseding(): ReadonlySet<string> {
    return new Set(this.#apps.filter(({ plan }) => plan.supersede).map(({ slug }) => slug));
  }

  /** Runs a step of the plan; resolves with its answer. Returns the id of a new deployment. */
  async take(step: Step): Promise<string | null> {
    if (step.type === 'deploy') {
      const made = this.#deploy(step);
      this.#deployments.push(made);
      this.#works.push(step.work);
      return (await made).id;
    }
    const of = await this.#deployments[step.of];
    const work = this.#works[step.of];
    if (of === undefined || work === undefined) throw new Error(`The plan has no deployment ${step.of}`);
    if (step.type === 'redeploy') return this.#redeploy(of, work);
    await this.#cancel(of.id);
    return null;
  }

  async #deploy(step: Extract<Step, { type: 'deploy' }>): Promise<Deployment> {
    const app = this.#apps[step.app];
    if (app === undefined) throw new Error(`The plan has no app ${step.app}`);
    const { slug, plan } = app;
    const body =
      plan.source === 'git'
        ? { branch: step.branch, commit: this.#repositories.commit(plan.name, step.branch, step.work) }
        : {
            uploadId: await this.#stubbornly(async () =>
              this.#client.upload('source.zip', await zipOf(step.work)),
            ),
          };
    const key = randomUUID();
    const deployment = await this.#stubbornly(() => this.#client.deploy(slug, body, key));
    this.#ledger.asked.push({ app: slug, work: step.work, id: deployment.id });
    this.#ledger.saw(deployment, performance.now());
    return deployment;
  }

  /** Has no idempotency key, so it can't be repeated safely. */
  async #redeploy(of: Deployment, work: Work): Promise<string | null> {
    const asked = { app: of.app.slug, work };
    try {
      const deployment = await this.#client.api.deployments.redeploy(of.id);
      this.#ledger.asked.push({ ...asked, id: deployment.id });
      this.#ledger.saw(deployment, performance.now());
      return deployment.id;
    } catch (error) {
      this.#note('redeploying', error);
      if (isFinal(error)) throw error;
      this.#ledger.asked.push({ ...asked, id: null });
      return null;
    }
  }

  async #cancel(id: string): Promise<void> {
    await this.#stubbornly(async () => {
      try {
        const askedAt = performance.now();
        this.#ledger.saw(await this.#client.cancel(id), askedAt);
        this.#ledger.canceled(id, 'accepted');
      } catch (error) {
        if (isAppFluxError(error, 'already_ended')) {
          const ended = /with status (\w+)$/.exec(error.message)?.[1] ?? error.message;
          this.#ledger.canceled(id, { ended });
          return;
        }
        this.#ledger.canceled(id, 'unanswered');
        throw error;
      }
    });
  }

  /** Repeats a call until the instance has answered. */
  async #stubbornly<T>(call: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        this.#note('a call', error);
        if (isFinal(error) || performance.now() > deadline) throw error;
        await pause(300);
      }
    }
  }

  /** A broken connection is an injected fault; an error inside the instance is not. */
  #note(what: string, error: unknown): void {
    if (!isRefusal(error) || error.httpStatus < 500 || LATER.has(error.httpStatus)) return;
    this.#ledger.unexplained.push(
      `${what} was answered with ${error.httpStatus} ${error.code}: ${error.message}`,
    );
  }
}
