import type { LogLine } from '@appflux/protocol';

/** What a line of AppFlux's own says, where it is more than an account of what goes on. */
export type Tone = 'command' | 'warning' | 'failure';

/** The tone of a line; null for the others, and for all that the build itself writes. */
export function toneOf({ stream, text }: Pick<LogLine, 'stream' | 'text'>): Tone | null {
  if (stream !== 'system') return null;
  if (text.startsWith('$ ')) return 'command';
  if (text.startsWith('Warning: ')) return 'warning';
  return /^Failed \(\w+\): /.test(text) ? 'failure' : null;
}
