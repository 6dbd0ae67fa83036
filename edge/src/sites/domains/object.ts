/** The Durable Object that checks the domains of an app until they are active, and then once a day. */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import type { DomainRecord } from '../../metadata/domains.ts';
import { metadataOf } from '../../metadata/index.ts';
import { Alarm } from '../../objects/alarm.ts';
import { type ObjectStub, objectStub } from '../../objects/stub.ts';
import { Turns } from '../../objects/turns.ts';
import { storeErrors } from '../../operations/store-errors.ts';
import { checkDomain } from './check.ts';

/** The object of an app's domains. */
export const domainsOf = (env: Pick<Env, 'DOMAINS'>, appId: string): ObjectStub<DomainObject> =>
  objectStub(() => env.DOMAINS.getByName(appId), { check: 'repeat', watch: 'repeat' });

export class DomainObject extends DurableObject<Env> {
  readonly #alarm: Alarm;
  /** Checks take turns: two of one domain would each add a certificate. */
  readonly #turns = new Turns();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx, {
      name: () => `domains of app ${ctx.id.name}`,
      afterRun: () => storeErrors(env),
    });
  }

  /** Checks a domain now; null if the app has no such domain. */
  async check(host: string): Promise<DomainRecord | null> {
    const checked = await this.#turns.take(() => this.#check(host));
    await this.watch();
    return checked;
  }

  /** Sees to it that the app's domains are checked when that is due. Call it when they change. */
  async watch(): Promise<void> {
    const domains = await metadataOf(this.env).domains.list(this.#appId);
    const times = domains.flatMap(({ nextCheckAt }) =>
      nextCheckAt === null ? [] : [Date.parse(nextCheckAt)],
    );
    this.#alarm.ringBy(times.length === 0 ? null : Math.min(...times));
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([() => this.#turns.take(() => this.#checkDue()), () => this.watch()]);
  }

  get #appId(): string {
    return this.ctx.id.name ?? '';
  }

  async #checkDue(): Promise<void> {
    for (const { host, nextCheckAt } of await metadataOf(this.env).domains.list(this.#appId)) {
      if (nextCheckAt === null || Date.parse(nextCheckAt) > Date.now()) continue;
      const checked = await this.#check(host);
      if (checked !== null) journal.info(`domain ${host}: ${checked.status}`);
    }
  }

  async #check(host: string): Promise<DomainRecord | null> {
    const metadata = metadataOf(this.env);
    const domain = await metadata.domains.one(this.#appId, host);
    return domain && checkDomain(domain, { env: this.env, metadata, now: Date.now() });
  }
}
