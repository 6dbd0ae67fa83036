/** Why a plan is as it is. */

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

/** One decision, as a sentence that says what won and why. */
export interface Reason {
  readonly about: ReasonAbout;
  readonly text: string;
}

/** A reason, for lists of them. */
export const because = (about: ReasonAbout, text: string): Reason => ({ about, text });
