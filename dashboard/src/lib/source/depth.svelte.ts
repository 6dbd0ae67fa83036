import { CloneDepth } from '@appflux/protocol';

/** The field of how much history a build gets. */
export class DepthField {
  choice = $state<'shallow' | 'full' | 'custom'>('shallow');
  commits = $state('');

  constructor(depth: CloneDepth = 1) {
    this.choice = depth === 1 ? 'shallow' : depth === 'full' ? 'full' : 'custom';
    if (this.choice === 'custom') this.commits = String(depth);
  }

  get problem(): string | null {
    if (this.choice !== 'custom') return null;
    const valid = /^\d+$/.test(this.commits.trim()) && CloneDepth.safeParse(Number(this.commits)).success;
    return valid ? null : 'Enter a whole number from 1 to 10000.';
  }

  get depth(): CloneDepth {
    if (this.choice === 'custom') return Number(this.commits);
    return this.choice === 'full' ? 'full' : 1;
  }
}
