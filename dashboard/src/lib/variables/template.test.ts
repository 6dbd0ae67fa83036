import { expect, test } from 'vitest';
import { parseDotenv } from './dotenv.ts';
import { envTemplate } from './template.ts';

test('a template has each name without a value, and says where it applies', () => {
  const text = envTemplate([
    { name: 'API_URL', environments: ['production', 'preview'] },
    { name: 'SENTRY_DSN', environments: ['production'] },
    { name: 'MOCKS', environments: ['preview'] },
  ]);
  expect(text).toBe('API_URL=\n# production only\nSENTRY_DSN=\n# preview only\nMOCKS=\n');
  expect(parseDotenv(text)).toEqual({
    variables: ['API_URL', 'SENTRY_DSN', 'MOCKS'].map((name) => ({ name, value: '' })),
    problems: [],
  });
  expect(envTemplate([])).toBe('');
});
