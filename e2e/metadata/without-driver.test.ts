/** MONGODB_URI was set after the Worker had been bundled without MongoDB's driver. */
import { expect, it } from 'vitest';
import { edgeBundle, startInstance } from '../instance/edge.ts';

it('refuses what needs metadata and says what to do, in place of using another database', async () => {
  const starting = startInstance({
    variables: { MONGODB_URI: 'mongodb://127.0.0.1:9/appflux' },
    config: { main: await edgeBundle({ mongodb: false }) },
  });
  await expect(starting).rejects.toMatchObject({
    code: 'unavailable',
    message: 'This control plane was bundled without MongoDB',
    hint: expect.stringContaining('npm run deploy'),
  });
});
