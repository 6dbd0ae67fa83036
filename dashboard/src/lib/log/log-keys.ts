/** The keys of the log viewer, for its handler and for lists of shortcuts. */

/** What a key does in a log. */
export type LogCommand =
  | 'search'
  | 'next-match'
  | 'previous-match'
  | 'next-error'
  | 'previous-error'
  | 'end'
  | 'wrap'
  | 'times';

export interface LogKey {
  readonly key: string;
  readonly command: LogCommand;
  /** What it does, as a list of shortcuts says it. */
  readonly label: string;
}

export const LOG_KEYS: readonly LogKey[] = [
  { key: 'e', command: 'next-error', label: 'Next error' },
  { key: 'E', command: 'previous-error', label: 'Previous error' },
  { key: '/', command: 'search', label: 'Search the log' },
  { key: 'n', command: 'next-match', label: 'Next match' },
  { key: 'N', command: 'previous-match', label: 'Previous match' },
  { key: 'End', command: 'end', label: 'Go to the end and follow' },
  { key: 'w', command: 'wrap', label: 'Wrap lines' },
  { key: 't', command: 'times', label: 'Show timestamps' },
];

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** The command of a key press; null if it has none. Ctrl+F searches, because the browser sees only the lines in view. */
export function commandOf({ key, ctrlKey, metaKey, altKey }: Pressed): LogCommand | null {
  if (ctrlKey || metaKey) return key === 'f' && !altKey ? 'search' : null;
  if (altKey) return null;
  return LOG_KEYS.find((one) => one.key === key)?.command ?? null;
}
