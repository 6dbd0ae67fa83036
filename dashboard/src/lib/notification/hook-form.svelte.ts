import {
  type AppFluxError,
  CreateHook,
  type Environment,
  type Hook,
  type HookKind,
  NotificationEvent,
  type UpdateHook,
} from '@appflux/protocol';
import { FieldRefusals } from '#lib/api/field-refusals.svelte.ts';

/** The form of a notification hook. */
export class HookForm {
  /** The hook that is changed; null for a new one. */
  readonly hook: Hook | null;
  kind = $state<HookKind>('webhook');
  name = $state('');
  /** A URL or an email address. Empty keeps the present one, which is never given back. */
  target = $state('');
  events = $state<NotificationEvent[]>(['deployment.failed', 'deployment.recovered', 'deployment.waiting']);
  /** Slugs; none stands for all apps. */
  apps = $state<string[]>([]);
  environment = $state<Environment | 'all'>('all');
  readonly #refusals = new FieldRefusals();

  constructor(hook: Hook | null = null) {
    this.hook = hook;
    if (hook === null) return;
    this.kind = hook.kind;
    this.name = hook.name;
    this.events = [...hook.events];
    this.apps = [...hook.apps];
    this.environment = hook.environments.length === 1 ? (hook.environments[0] ?? 'all') : 'all';
  }

  /** What is wrong with the target, as far as this page knows or the server has said. */
  get targetProblem(): string | null {
    return (
      this.#ownTargetProblem ?? this.#refusals.of(this.kind === 'email' ? 'address' : 'url', this.target)
    );
  }

  get #ownTargetProblem(): string | null {
    const target = this.target.trim();
    if (target === '') {
      if (this.hook !== null) return null;
      return this.kind === 'email' ? 'Enter an email address.' : 'Enter a URL.';
    }
    const parsed = CreateHook.safeParse({
      kind: this.kind,
      events: NotificationEvent.options,
      ...this.#target(),
    });
    if (parsed.success) return null;
    return this.kind === 'email'
      ? 'Enter an email address such as team@example.com.'
      : 'Enter a URL that begins with https://.';
  }

  /** Shows what the server refused at its field. */
  refuse(error: AppFluxError): void {
    this.#refusals.set(error, { url: this.target, address: this.target });
  }

  get eventsProblem(): string | null {
    return this.events.length === 0 ? 'Choose at least one event.' : null;
  }

  /** Whether it can be sent. What the server refused may be sent again: the reason may be gone. */
  get valid(): boolean {
    return this.#ownTargetProblem === null && this.eventsProblem === null;
  }

  toCreate(): CreateHook {
    return { kind: this.kind, ...this.#settings(), ...this.#target() };
  }

  toUpdate(): UpdateHook {
    return { ...this.#settings(), ...(this.target.trim() !== '' && this.#target()) };
  }

  #target(): { address: string } | { url: string } {
    const target = this.target.trim();
    return this.kind === 'email' ? { address: target } : { url: target };
  }

  #settings() {
    return {
      name: this.name.trim(),
      events: NotificationEvent.options.filter((event) => this.events.includes(event)),
      apps: [...this.apps],
      environments: this.environment === 'all' ? [] : [this.environment],
    };
  }
}
