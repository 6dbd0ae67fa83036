import type { LogLine } from '@appflux/protocol';
import { type OutputTone, outputTone } from './error-lines.ts';

/** The kinds of lines that are highlighted: some of AppFlux's own, and errors and warnings of the build. */
export type Tone = 'command' | 'warning' | 'failure' | `output-${OutputTone}`;

/** The tone of a line; null for other lines. What a build prints never has a tone of AppFlux's own lines. */
export function toneOf({ stream, text }: Pick<LogLine, 'stream' | 'text'>): Tone | null {
  if (stream !== 'system') {
    const tone = outputTone(text);
    return tone === null ? null : `output-${tone}`;
  }
  if (text.startsWith('$ ')) return 'command';
  if (text.startsWith('Warning: ')) return 'warning';
  return /^Failed \(\w+\): /.test(text) ? 'failure' : null;
}
