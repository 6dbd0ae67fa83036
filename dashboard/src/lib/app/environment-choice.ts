/** The environments that a variable or file of an App applies to, as a choice in a form. */
import type { Environment } from '@appflux/protocol';

export type EnvironmentChoice = 'all' | Environment;

const LABELS: Record<EnvironmentChoice, string> = {
  all: 'All environments',
  production: 'Production only',
  preview: 'Preview only',
};

/** Options for a SelectInput. */
export const ENVIRONMENT_CHOICES = (['all', 'production', 'preview'] as const).map((value) => ({
  value,
  label: LABELS[value],
}));

/** The environments of a choice. */
export const environmentsOf = (choice: EnvironmentChoice): Environment[] =>
  choice === 'all' ? ['production', 'preview'] : [choice];

/** The label for a list of environments. */
export const environmentLabel = (environments: readonly Environment[]): string =>
  LABELS[environments.length > 1 ? 'all' : (environments[0] ?? 'all')];
