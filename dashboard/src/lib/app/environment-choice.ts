/** For which environments something of an App is meant, as its settings let one choose. */
import type { Environment } from '@appflux/protocol';

export type EnvironmentChoice = 'all' | Environment;

const WORDS: Record<EnvironmentChoice, string> = {
  all: 'All environments',
  production: 'Production only',
  preview: 'Preview only',
};

/** For a SelectInput. */
export const ENVIRONMENT_CHOICES = (['all', 'production', 'preview'] as const).map((value) => ({
  value,
  label: WORDS[value],
}));

/** The environments of a choice. */
export const environmentsOf = (choice: EnvironmentChoice): Environment[] =>
  choice === 'all' ? ['production', 'preview'] : [choice];

/** Says which environments something is for. */
export const environmentWords = (environments: readonly Environment[]): string =>
  WORDS[environments.length > 1 ? 'all' : (environments[0] ?? 'all')];
