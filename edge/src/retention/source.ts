/** Whether the source that a deployment was built from is still needed. */
import { hasEnded } from '@appflux/protocol';
import type { Candidate } from './decide.ts';

/**
 * Whether a deployment can still be wanted again: it has not ended, or it keeps its artifacts, or it never delivered
 * any (`delivered`) and keeps its log. Once it is only a line in the list, its source is not kept for it.
 */
export function needsSource({ status, pinned, parts }: Candidate, delivered: boolean): boolean {
  if (!hasEnded(status) || pinned) return true;
  return parts.has(delivered ? 'artifacts' : 'log');
}
