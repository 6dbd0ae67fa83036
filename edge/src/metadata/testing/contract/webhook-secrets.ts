import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { WebhookSecretRecord } from '../../webhook-secrets.ts';
import type { CreateBackend } from '../contract.ts';

const secretOf = (more: Partial<WebhookSecretRecord> = {}): WebhookSecretRecord => ({
  id: newObjectId(),
  ownerId: crypto.randomUUID(),
  provider: 'gitea',
  name: 'Our server',
  sealed: 'v1.sealed',
  lastUsedAt: null,
  createdAt: '2026-11-02T10:00:00.000Z',
  ...more,
});

export function webhookSecretContract(create: CreateBackend): void {
  test('those of a team are listed, newest first', async () => {
    const { webhookSecrets } = await create();
    const old = secretOf();
    const { ownerId } = old;
    const young = secretOf({ ownerId, provider: 'github', createdAt: '2026-11-03T10:00:00.000Z' });
    for (const secret of [old, secretOf(), young]) await webhookSecrets.insert(secret);
    expect(await webhookSecrets.list(ownerId)).toEqual([young, old]);
    await webhookSecrets.touch(old.id, '2026-11-04T10:00:00.000Z');
    expect((await webhookSecrets.list(ownerId))[1]).toEqual({
      ...old,
      lastUsedAt: '2026-11-04T10:00:00.000Z',
    });
  });

  test('only the team that has a secret deletes it, once', async () => {
    const { webhookSecrets } = await create();
    const secret = secretOf();
    await webhookSecrets.insert(secret);
    expect(await webhookSecrets.delete(crypto.randomUUID(), secret.id)).toBeNull();
    expect(await webhookSecrets.delete(secret.ownerId, newObjectId())).toBeNull();
    expect(await webhookSecrets.delete(secret.ownerId, secret.id)).toEqual(secret);
    expect(await webhookSecrets.delete(secret.ownerId, secret.id)).toBeNull();
    expect(await webhookSecrets.list(secret.ownerId)).toEqual([]);
  });

  test('all of a team are deleted, and no others', async () => {
    const { webhookSecrets } = await create();
    const [secret, other] = [secretOf(), secretOf()];
    for (const added of [secret, secretOf({ ownerId: secret.ownerId }), other])
      await webhookSecrets.insert(added);
    await webhookSecrets.deleteOf(secret.ownerId);
    expect(await webhookSecrets.list(secret.ownerId)).toEqual([]);
    expect(await webhookSecrets.list(other.ownerId)).toEqual([other]);
  });

  test("every team's are walked through by id, and resealed where they are as they were read", async () => {
    const { webhookSecrets } = await create();
    const added = [secretOf(), secretOf(), secretOf()];
    for (const secret of added) await webhookSecrets.insert(secret);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await webhookSecrets.all(after, 2);
      seen.push(...page.items.map(({ id }) => id));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual([...seen].sort());
    expect(seen).toEqual(expect.arrayContaining(added.map(({ id }) => id)));
    const [first] = added;
    const { id = '', ownerId = '' } = first ?? {};
    expect(await webhookSecrets.reseal(id, 'v1.another', 'v1.new')).toBe(false);
    expect(await webhookSecrets.reseal(id, 'v1.sealed', 'v1.new')).toBe(true);
    expect((await webhookSecrets.list(ownerId))[0]?.sealed).toBe('v1.new');
  });
}
