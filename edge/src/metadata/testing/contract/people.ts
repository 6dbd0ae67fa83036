import type { Role } from '@appflux/protocol';
import { expect, test } from 'vitest';
import type { MemberRecord } from '../../metadata.ts';
import type { CreateBackend } from '../contract.ts';
import { auditRecord, memberRecord, userRecord } from '../sample-records.ts';

export function peopleContract(create: CreateBackend): void {
  test('a user is found by email and by GitHub account', async () => {
    const { users } = await create();
    const user = userRecord({ passwordHash: '$scrypt$...', githubId: '583231' });
    await users.insert(user);
    await users.insert(userRecord());
    await users.insert(userRecord());
    expect(await users.byEmail(user.email)).toEqual(user);
    expect(await users.byGithubId('583231')).toEqual(user);
    expect(await users.byEmail('nobody@localhost')).toBeNull();
    expect(await users.byGithubId('1')).toBeNull();
  });

  test('of many that ask for one email at the same time one gets it', async () => {
    const { users } = await create();
    const tried = await Promise.allSettled(
      [1, 2, 3].map(() => users.insert(userRecord({ email: 'a@localhost' }))),
    );
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of tried) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'email_taken' });
    }
  });

  test('of many who would have one GitHub account at the same time one gets it', async () => {
    const { users } = await create();
    const [first, second, third] = [userRecord(), userRecord(), userRecord()];
    for (const user of [first, second, third]) await users.insert(user);
    const tried = await Promise.allSettled([
      ...[first, second].map(({ id }) => users.update(id, { githubId: '583231' })),
      users.insert(userRecord({ githubId: '583231' })),
    ]);
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of tried) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'identity_taken' });
    }
    const linked = await users.byGithubId('583231');
    if (linked === null) throw new Error('nobody got it');
    expect(await users.update(linked.id, { githubId: null })).toEqual({ ...linked, githubId: null });
    expect(await users.byId(linked.id)).toEqual({ ...linked, githubId: null });
    expect(await users.update(third.id, { githubId: '583231' })).toMatchObject({ githubId: '583231' });
  });

  test('a user goes, and the first of all stays', async () => {
    const { users } = await create();
    const owner = userRecord();
    const user = userRecord({ email: 'gone@localhost', githubId: '7' });
    await users.keepOwner(owner);
    await users.insert(user);
    expect(await users.delete(user.id)).toBe(true);
    expect(await users.delete(user.id)).toBe(false);
    expect(await users.byEmail('gone@localhost')).toBeNull();
    await users.insert(userRecord({ email: 'gone@localhost', githubId: '7' }));
    expect(await users.delete(owner.id)).toBe(false);
    expect(await users.owner()).toEqual(owner);
  });

  test('a change of a user touches the members that it names and no others', async () => {
    const { users } = await create();
    const user = userRecord();
    await users.insert(user);
    expect(await users.update(user.id, { passwordHash: 'hash' })).toEqual({ ...user, passwordHash: 'hash' });
    const change = { email: 'new@localhost', passwordHash: null, githubId: '7' };
    expect(await users.update(user.id, change)).toEqual({ ...user, ...change });
    expect(await users.byEmail('new@localhost')).toEqual({ ...user, ...change });
    expect(await users.byEmail(user.email)).toBeNull();
    expect(await users.update(crypto.randomUUID(), { githubId: '8' })).toBeNull();
  });

  test("nobody takes another user's email by a change, and both stay as they were", async () => {
    const { users } = await create();
    const [first, second] = [userRecord(), userRecord()];
    await users.insert(first);
    await users.insert(second);
    await expect(users.update(second.id, { email: first.email })).rejects.toMatchObject({
      code: 'email_taken',
    });
    expect(await users.byId(second.id)).toEqual(second);
    expect(await users.byEmail(first.email)).toEqual(first);
  });

  test('a person is in a team once, with the role that they came with', async () => {
    const { members } = await create();
    const member = memberRecord({ role: 'viewer' });
    expect(await members.insert(member)).toBe(true);
    expect(await members.insert(memberRecord({ ...member, id: memberRecord().id, role: 'owner' }))).toBe(
      false,
    );
    expect(await members.find(member.teamId, member.userId)).toEqual(member);
    expect(await members.find(member.teamId, crypto.randomUUID())).toBeNull();
    expect(await members.find(crypto.randomUUID(), member.userId)).toBeNull();
  });

  test('the teams of a person come in the order in which they were joined', async () => {
    const { members } = await create();
    const first = memberRecord();
    const second = memberRecord({ userId: first.userId, joinedBy: 'a'.repeat(64) });
    for (const member of [first, memberRecord(), second]) await members.insert(member);
    expect(await members.ofUser(first.userId)).toEqual([first, second]);
    expect(await members.count(first.teamId)).toBe(
      (await members.list(first.teamId, { limit: 100 })).items.length,
    );
    expect(await members.count(crypto.randomUUID())).toBe(0);
    expect(await members.ofUser(crypto.randomUUID())).toEqual([]);
  });

  test('a role is changed for one team only', async () => {
    const { members } = await create();
    const here = memberRecord();
    const elsewhere = memberRecord({ userId: here.userId });
    await members.insert(here);
    await members.insert(elsewhere);
    expect(await members.setRole(here.teamId, here.userId, 'admin')).toEqual({ ...here, role: 'admin' });
    expect(await members.find(elsewhere.teamId, elsewhere.userId)).toEqual(elsewhere);
    expect(await members.setRole(here.teamId, crypto.randomUUID(), 'admin')).toBeNull();
  });

  test("a new email is the person's in all their teams, and nobody else's", async () => {
    const { members } = await create();
    const first = memberRecord();
    const second = memberRecord({ userId: first.userId });
    const colleague = memberRecord({ teamId: first.teamId });
    for (const member of [first, second, colleague]) await members.insert(member);
    await members.setEmail(first.userId, 'new@localhost');
    expect((await members.ofUser(first.userId)).map(({ email }) => email)).toEqual([
      'new@localhost',
      'new@localhost',
    ]);
    expect(await members.find(colleague.teamId, colleague.userId)).toEqual(colleague);
  });

  test('a removed member is no longer in the team', async () => {
    const { members } = await create();
    const member = memberRecord();
    await members.insert(member);
    expect(await members.delete(member.teamId, member.userId)).toBe(true);
    expect(await members.delete(member.teamId, member.userId)).toBe(false);
    expect(await members.find(member.teamId, member.userId)).toBeNull();
  });

  test.each<Role>(['admin', 'developer', 'viewer'])(
    'the last owner neither leaves nor becomes %s',
    async (role) => {
      const { members } = await create();
      const owner = memberRecord({ role: 'owner' });
      await members.insert(owner);
      await members.insert(memberRecord({ teamId: owner.teamId, role: 'admin' }));
      // Owns another team, which does not help this one.
      await members.insert(memberRecord({ role: 'owner' }));
      const { teamId, userId } = owner;
      await expect(members.setRole(teamId, userId, role)).rejects.toMatchObject({ code: 'last_owner' });
      await expect(members.delete(teamId, userId)).rejects.toMatchObject({ code: 'last_owner' });
      expect(await members.find(teamId, userId)).toEqual(owner);
      expect(await members.setRole(teamId, userId, 'owner')).toEqual(owner);
    },
  );

  test('an owner goes when another one stays', async () => {
    const { members } = await create();
    const first = memberRecord({ role: 'owner' });
    const second = memberRecord({ teamId: first.teamId, role: 'owner' });
    await members.insert(first);
    await members.insert(second);
    expect(await members.setRole(first.teamId, first.userId, 'viewer')).toMatchObject({ role: 'viewer' });
    await expect(members.delete(second.teamId, second.userId)).rejects.toMatchObject({ code: 'last_owner' });
    expect(await members.delete(first.teamId, first.userId)).toBe(true);
  });

  test('of two owners who go at the same time one stays', async () => {
    const { members } = await create();
    const first = memberRecord({ role: 'owner' });
    const second = memberRecord({ teamId: first.teamId, role: 'owner' });
    await members.insert(first);
    await members.insert(second);
    await Promise.allSettled([
      members.delete(first.teamId, first.userId),
      members.setRole(second.teamId, second.userId, 'viewer'),
    ]);
    const left: MemberRecord[] = (await members.list(first.teamId, { limit: 10 })).items;
    expect(left.filter(({ role }) => role === 'owner').length).toBeGreaterThanOrEqual(1);
  });

  test('a team goes with everybody in it, and no other does', async () => {
    const { members } = await create();
    const owner = memberRecord({ role: 'owner' });
    const elsewhere = memberRecord({ userId: owner.userId, role: 'owner' });
    for (const member of [owner, memberRecord({ teamId: owner.teamId }), elsewhere])
      await members.insert(member);
    await members.deleteTeam(owner.teamId);
    await members.deleteTeam(owner.teamId);
    expect((await members.list(owner.teamId, { limit: 10 })).items).toEqual([]);
    expect(await members.ofUser(owner.userId)).toEqual([elsewhere]);
    // Founded again, it has an owner who can't leave, as in any team.
    await members.insert(owner);
    await expect(members.delete(owner.teamId, owner.userId)).rejects.toMatchObject({ code: 'last_owner' });
  });

  test('the audit log of a team goes with it, and no other does', async () => {
    const { audit } = await create();
    const [gone, kept] = [auditRecord(), auditRecord()];
    for (const record of [gone, kept]) await audit.append(record);
    await audit.deleteOf(gone.ownerId);
    expect((await audit.list(gone.ownerId, { limit: 10 })).items).toEqual([]);
    expect((await audit.list(kept.ownerId, { limit: 10 })).items).toEqual([kept]);
  });

  test('the audit log keeps what was done as it was written', async () => {
    const { audit } = await create();
    const first = auditRecord();
    const second = auditRecord({
      ownerId: first.ownerId,
      actor: { kind: 'operator', id: null, name: 'operator' },
      target: null,
    });
    for (const record of [first, second, auditRecord()]) await audit.append(record);
    expect(await audit.list(first.ownerId, { limit: 10 })).toEqual({
      items: [second, first],
      nextCursor: null,
    });
  });
}
