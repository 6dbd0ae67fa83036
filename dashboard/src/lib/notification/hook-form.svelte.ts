import {
  CreateHook,
  type Environment,
  type Hook,
  type HookKind,
  NotificationEvent,
  type UpdateHook,
} from '@appflux/protocol';

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

  constructor(hook: Hook | null = null) {
    this.hook = hook;
    if (hook === null) return;
    this.kind = hook.kind;
    this.name = hook.name;
    this.events = [...hook.events];
    this.apps = [...hook.apps];
    this.environment = hook.environments.length === 1 ? (hook.environments[0] ?? 'all') : 'all';
  }

  get targetProblem(): string | null {
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

  get eventsProblem(): string | null {
    return this.events.length === 0 ? 'Choose at least one event.' : null;
  }

  get valid(): boolean {
    return this.targetProblem === null && this.eventsProblem === null;
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
