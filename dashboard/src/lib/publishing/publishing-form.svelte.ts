import { type App, MAX_REWRITE_HOSTS, RewriteHost, type UpdateApp } from '@appflux/protocol';

export type Choice = 'automatic' | 'on' | 'off';

/** The form of how an app’s deployments are published. */
export class PublishingForm {
  releases = $state<'automatic' | 'manual'>('automatic');
  spaFallback = $state<Choice>('automatic');
  /** One per line. */
  rewriteHosts = $state('');

  constructor({ autoRelease, spaFallback, rewriteHosts }: App) {
    this.releases = autoRelease ? 'automatic' : 'manual';
    this.spaFallback = spaFallback === null ? 'automatic' : spaFallback ? 'on' : 'off';
    this.rewriteHosts = rewriteHosts.join('\n');
  }

  get hostsProblem(): string | null {
    const hosts = this.#hosts();
    const invalid = hosts.find((host) => !RewriteHost.safeParse(host).success);
    if (invalid !== undefined)
      return `“${invalid}” isn’t a host. Enter a name such as api.example.com, without https:// and without a path.`;
    return hosts.length > MAX_REWRITE_HOSTS ? `Enter at most ${MAX_REWRITE_HOSTS} hosts.` : null;
  }

  get valid(): boolean {
    return this.hostsProblem === null;
  }

  toChange(): UpdateApp {
    return {
      autoRelease: this.releases === 'automatic',
      spaFallback: this.spaFallback === 'automatic' ? null : this.spaFallback === 'on',
      rewriteHosts: this.#hosts(),
    };
  }

  #hosts(): string[] {
    const lines = this.rewriteHosts.split(/[\s,]+/).map((host) => host.toLowerCase());
    return [...new Set(lines.filter((host) => host !== ''))];
  }
}
