/** Release notes: read, written and audited. */
import { env } from 'cloudflare:workers';
import { AuditEntry, DeploymentNotes, ErrorBody, MAX_NOTES_LENGTH, pageOf } from '@appflux/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { artifactsNamed } from '../publish/testing/artifacts.ts';
import { givenApp, givenDeployment } from '../publish/testing/published.ts';
import { founder, memberOf } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

const metadata = metadataOf(env);

let token: string;
let ownerId: string;

beforeAll(async () => {
  await forgetAll();
  const owner = await founder();
  token = owner.token;
  ownerId = owner.user.id;
});

async function released(team = ownerId) {
  const app = await givenApp({ ownerId: team, slug: `app-${newObjectId()}` });
  const { id } = await givenDeployment(app, {}, { ...artifactsNamed('a.zip'), version: '1.2.0' });
  return { app, id };
}

const write = (id: string, notes: unknown, by = token) =>
  request(`/api/deployments/${id}`, { method: 'PATCH', token: by, json: { notes } });
const notesOf = async (response: Response) => DeploymentNotes.parse(await response.json()).notes;
const read = async (id: string) => notesOf(await request(`/api/deployments/${id}/notes`, { token }));

describe('release notes', () => {
  test('are those of the build until a person writes others, and again when those are taken back', async () => {
    const { id } = await released();
    expect(await read(id)).toBeNull();
    const built = { text: '- Faster', source: 'changelog' } as const;
    await metadata.details.keep(id, { notes: built, icon: null });
    expect(await read(id)).toEqual(built);
    expect(await notesOf(await write(id, 'By **hand**'))).toEqual({ text: 'By **hand**', source: 'typed' });
    expect(await notesOf(await write(id, ''))).toBeNull();
    expect(await notesOf(await write(id, null))).toEqual(built);
  });

  test('are in the audit log', async () => {
    const { app, id } = await released();
    await write(id, 'x');
    const log = pageOf(AuditEntry).parse(await (await request('/api/audit', { token })).json());
    expect(log.items[0]).toMatchObject({
      action: 'deployment.notes',
      target: { kind: 'deployment', id, name: `${app.slug}: 1.2.0` },
    });
  });

  test('show on the download page and on the page of the version, whenever they change', async () => {
    const { app, id } = await released();
    const page = async () => (await request(`/a/${app.slug}`)).text();
    expect(await page()).not.toContain('Release notes');
    await write(id, '<script>alert(1)</script>\n\n- **bold**');
    expect(await page()).toContain('<li><strong>bold</strong></li>');
    expect(await page()).toContain('&lt;script&gt;alert(1)');
    const long = Array.from({ length: 300 }, (_, index) => `Paragraph ${index} has ${'words '.repeat(10)}`);
    await write(id, long.join('\n\n'));
    const text = await page();
    expect(new TextEncoder().encode(text).length).toBeLessThan(21_500);
    expect(text).toContain('Paragraph 0 ');
    expect(text).not.toContain('Paragraph 299 ');
    expect(text).toContain(`<a href="/a/${app.slug}/versions/${id}">All release notes of this version</a>`);
    expect(await (await request(`/a/${app.slug}/versions/${id}`)).text()).toContain('Paragraph 299 ');
  });

  test.each([
    ['longer than the limit', 'x'.repeat(MAX_NOTES_LENGTH + 1)],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['a number', 5],
    ['nothing', undefined],
  ])('that are %s are refused', async (_, notes) => {
    const { id } = await released();
    const response = await write(id, notes);
    expect(response.status).toBe(400);
    expect(ErrorBody.parse(await response.json()).error.issues?.[0]?.path).toBe('notes');
    expect(await read(id)).toBeNull();
  });

  test('of another team, and of a deployment that is not there, are not found; a viewer may not write them', async () => {
    const other = await released(crypto.randomUUID());
    for (const id of [other.id, newObjectId()]) {
      expect((await write(id, 'x')).status).toBe(404);
      expect((await request(`/api/deployments/${id}/notes`, { token })).status).toBe(404);
    }
    const { id } = await released();
    const viewer = await memberOf(ownerId, 'viewer');
    expect((await write(id, 'x', viewer.token)).status).toBe(403);
    expect(await read(id)).toBeNull();
  });
});

describe('an icon', () => {
  const PNG =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

  test('of the build is the page’s, its link’s and the browser’s, and is kept permanently', async () => {
    const { app, id } = await released();
    await metadata.details.keep(id, { notes: null, icon: { type: 'image/png', content: PNG } });
    const text = await (await request(`/a/${app.slug}`)).text();
    const path = `/a/${app.slug}/versions/${id}/icon`;
    expect(text).toContain(`<img class="icon" src="${path}" alt="" width="96" height="96">`);
    expect(text).toContain(`<link rel="icon" href="${path}">`);
    expect(text).toContain(`<meta property="og:image" content="${env.PUBLIC_URL}${path}">`);
    const response = await request(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('image/png');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(btoa(String.fromCharCode(...new Uint8Array(await response.arrayBuffer())))).toBe(PNG);
  });

  test('that there is none of is not found', async () => {
    const { app, id } = await released();
    expect((await request(`/a/${app.slug}/versions/${id}/icon`)).status).toBe(404);
    expect((await request(`/a/${app.slug}/versions/${newObjectId()}/icon`)).status).toBe(404);
    expect((await request(`/a/no-such-app/versions/${id}/icon`)).status).toBe(404);
  });
});
