import { expect, test } from 'vitest';
import { CreateApp } from './app.ts';
import { isReservedVariable, RESERVED_VARIABLES, SettableVariableName } from './variable-name.ts';

test.each([...RESERVED_VARIABLES, 'APPFLUX_URL', 'APPFLUX_'])('%s is reserved', (name) => {
  expect(isReservedVariable(name)).toBe(true);
  const { error } = SettableVariableName.safeParse(name);
  const message = error?.issues[0]?.message ?? '';
  expect(message).toMatch(/^This name is reserved\./);
  for (const each of RESERVED_VARIABLES) expect(message).toContain(` ${each},`);
  const app = { name: 'a', source: { provider: 'upload' }, envVars: { [name]: 'x' } };
  expect(CreateApp.safeParse(app).success).toBe(false);
});

test.each(['Path', 'path', 'APPFLUX', 'MY_PATH', 'PATH_', 'NODE_OPTIONS', 'NODE_VERSION', 'HOME_URL', 'ENV'])(
  '%s can be set',
  (name) => {
    expect(isReservedVariable(name)).toBe(false);
    expect(SettableVariableName.safeParse(name).success).toBe(true);
  },
);

test.each(['my-var', 'VITE.APP', '1A', '', 'A B'])('%j is no name at all', (name) => {
  expect(SettableVariableName.safeParse(name).success).toBe(false);
});
