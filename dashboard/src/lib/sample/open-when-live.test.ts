import { expect, test } from 'vitest';
import { app, deployment } from '../../testing/fixtures.ts';
import { liveSite } from './open-when-live.ts';

const OWN = 'https://66f2--shop.sites.example/';
const made = deployment({ urls: { ...deployment().urls, site: OWN } });
const production = { ...app().urls, site: 'https://shop.sites.example/' };
const pause = async () => undefined;

test('the production URL is opened once the deployment is live', async () => {
  const releases = ['none', 'another', made.id];
  const getApp = async () => ({ release: releases.shift() ?? expect.unreachable(), urls: production });
  expect(await liveSite(made, getApp, pause)).toBe(production.site);
  expect(releases).toEqual([]);
});

test('a deployment that does not go live is opened at its own URL', async () => {
  expect(await liveSite(made, async () => ({ release: 'another', urls: production }), pause)).toBe(OWN);
});

test('nothing is opened for a deployment without a site', async () => {
  const { site: _, ...urls } = made.urls;
  expect(await liveSite({ id: made.id, urls }, expect.unreachable, pause)).toBe(null);
});
