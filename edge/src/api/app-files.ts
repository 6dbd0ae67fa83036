/** The sealed files of Apps: keystores, certificates and the like. */
import {
  AppFluxError,
  base64Bytes,
  Environment,
  FileInput,
  FileName,
  MAX_FILES,
  MAX_FILES_BYTES,
  SettableVariableName,
  Slug,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { audited, bearer, jsonBody, needs, refusals, router } from '../http/router.ts';
import { createSealer, fileLabel } from '../secrets/sealing.ts';
import { ownedApp } from './apps.ts';

const ByFile = z.object({ slug: Slug, name: FileName });
const BySettableFile = z.object({ slug: Slug, name: SettableVariableName });

export const appFiles = router();

appFiles.openapi(
  createRoute({
    method: 'put',
    path: '/api/apps/{slug}/files/{name}',
    summary: 'Set a file',
    description:
      'The content is encrypted and can’t be read back. Builds get the file in memory, and its path in a variable with the file’s name. Deployments that are already queued don’t get the change.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('variables:write')] as const,
    request: { params: BySettableFile, body: jsonBody(FileInput) },
    responses: { 204: { description: 'Set' }, ...refusals },
  }),
  async (c) => {
    const { slug, name } = c.req.valid('param');
    const { content, environments = [...Environment.options] } = c.req.valid('json');
    const { files } = c.get('metadata');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    const size = base64Bytes(content);
    const others = ((await files.list([app.id])).get(app.id) ?? []).filter((file) => file.name !== name);
    requireRoom([...others, { size }]);
    const sealed = await createSealer(c.env).seal(content, fileLabel(app.id, name));
    await files.set(app.id, name, { size, environments, sealed });
    await audited(c, 'file.set', { kind: 'file', id: app.id, name: `${slug}: ${name}` });
    return c.body(null, 204);
  },
);

/** Refuses more files than travel to a runner in one message. */
function requireRoom(files: readonly { size: number }[]): void {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length <= MAX_FILES && bytes <= MAX_FILES_BYTES) return;
  throw new AppFluxError(
    'unprocessable',
    `An app has ${MAX_FILES} files and ${MAX_FILES_BYTES / 1024} KB of them at most`,
    { hint: 'Remove a file that is no longer needed.' },
  );
}

appFiles.openapi(
  createRoute({
    method: 'delete',
    path: '/api/apps/{slug}/files/{name}',
    summary: 'Delete a file',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('variables:write')] as const,
    request: { params: ByFile },
    responses: { 204: { description: 'Deleted' }, ...refusals },
  }),
  async (c) => {
    const { slug, name } = c.req.valid('param');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    if (!(await c.get('metadata').files.delete(app.id, name))) {
      throw new AppFluxError('not_found', `${slug} has no file ${name}`);
    }
    await audited(c, 'file.delete', { kind: 'file', id: app.id, name: `${slug}: ${name}` });
    return c.body(null, 204);
  },
);
