/** The reasons of a plan. */

/** What a sentence is about; a setting that decides the same thing makes it untrue. */
export type ReasonAbout =
  | 'settings'
  | 'type'
  | 'choice'
  | 'image'
  | 'framework'
  | 'manager'
  | 'node'
  | 'install'
  | 'build'
  | 'output';

/** One decision, as a sentence with its result and its cause. */
export interface Reason {
  readonly about: ReasonAbout;
  readonly text: string;
}

/** A reason, for lists of them. */
export const because = (about: ReasonAbout, text: string): Reason => ({ about, text });
