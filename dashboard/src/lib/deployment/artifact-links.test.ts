import { CreateArtifactLink } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { app, deployment, idOf } from '../../testing/fixtures.ts';
import { accessOf, artifactLinks } from './artifact-links.ts';

test('a promoted preview counts as production', () => {
  const { access } = app({ access: { production: 'team', previews: 'password' } });
  expect(accessOf(deployment(), { access })).toBe('team');
  expect(accessOf(deployment({ environment: 'preview' }), { access })).toBe('password');
  expect(
    accessOf(deployment({ environment: 'preview', promotedAt: '2026-11-10T12:00:00.000Z' }), { access }),
  ).toBe('team');
});

test('links are asked for as the API accepts them, those for others with a longer life', async () => {
  const asked: CreateArtifactLink[] = [];
  const links = artifactLinks(idOf(1), {
    deployments: {
      createLink: async (id, body) => {
        asked.push(CreateArtifactLink.parse(body));
        return { url: `http://127.0.0.1/dl/${id}/${body.name}`, expiresAt: '2026-11-10T12:00:00.000Z' };
      },
    },
  });
  expect(await links.toDownload('a.zip')).toBe(`http://127.0.0.1/dl/${idOf(1)}/a.zip`);
  await links.toShare('a.zip');
  const [download, shared] = asked.map(({ expiresInSeconds }) => expiresInSeconds);
  expect(download).toBeLessThan(shared ?? 0);
  expect(shared).toBe(86_400);
});
