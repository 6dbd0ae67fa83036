import type { LogLine } from '@appflux/protocol';

/** The kinds of AppFlux's own lines that are highlighted. */
export type Tone = 'command' | 'warning' | 'failure';

/** The tone of a line; null for other lines, and for all output of the build itself. */
export function toneOf({ stream, text }: Pick<LogLine, 'stream' | 'text'>): Tone | null {
  if (stream !== 'system') return null;
  if (text.startsWith('$ ')) return 'command';
  if (text.startsWith('Warning: ')) return 'warning';
  return /^Failed \(\w+\): /.test(text) ? 'failure' : null;
}
