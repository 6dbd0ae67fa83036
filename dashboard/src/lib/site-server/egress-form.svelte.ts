import { AllowedHosts, type App, type UpdateApp } from '@appflux/protocol';

/** The form of what an app’s servers may reach. */
export class EgressForm {
  choice = $state<'all' | 'listed'>('all');
  /** One per line. */
  hosts = $state('');

  constructor({ server }: Pick<App, 'server'>) {
    this.choice = server.allowHosts === null ? 'all' : 'listed';
    this.hosts = (server.allowHosts ?? []).join('\n');
  }

  get problem(): string | null {
    if (this.choice === 'all') return null;
    const invalid = this.#hosts().find((host) => !AllowedHosts.safeParse([host]).success);
    if (invalid !== undefined)
      return `“${invalid}” isn’t a host. Enter a name such as api.example.com or *.example.com, without https:// and without a path.`;
    return AllowedHosts.safeParse(this.#hosts()).success ? null : 'Enter at most 50 hosts.';
  }

  toChange(): UpdateApp {
    return { server: { allowHosts: this.choice === 'all' ? null : this.#hosts() } };
  }

  #hosts(): string[] {
    const lines = this.hosts.split(/[\s,]+/).map((host) => host.toLowerCase());
    return [...new Set(lines.filter((host) => host !== ''))];
  }
}
