/** What screenshots are taken of: the wizard for a new app. */
import type { Page } from 'playwright-core';
import { foundSite } from './fake-look.ts';
import { sampleWorld } from './sample-world.ts';
import { button, type Shot } from './shot.ts';
import { chooseZip, TWO_SITES } from './zip.ts';

async function toConfigure(page: Page) {
  await page.getByLabel('Repository URL').fill('https://github.com/northwind/harbor/tree/main/apps/web');
  await button(page, 'Continue').click();
  await page.getByRole('heading', { name: 'Configure' }).waitFor();
  await writeVariables(page);
}

/** Adds a variable of each automatic kind, and one with a manual choice. */
async function writeVariables(page: Page) {
  const variables = [
    ['API_URL', 'https://api.example.com'],
    ['DEPLOY_TOKEN', 'a-token-of-an-account'],
    ['STAGE', 'build'],
  ] as const;
  for (const [index, [name, value]] of variables.entries()) {
    if (index > 0) await page.getByRole('button', { name: 'Add', exact: true }).first().click();
    await page.getByLabel(`Name of variable ${index + 1}`).fill(name);
    await page.getByLabel(`Value of ${name}`).fill(value);
  }
  await page.getByRole('checkbox').last().check();
}

async function uploadZip(page: Page) {
  await page.getByText('ZIP upload').click();
  await page.getByLabel('Project archive').setInputFiles({
    name: 'summer-flyer.zip',
    mimeType: 'application/zip',
    buffer: Buffer.alloc(26_000_000, 7),
  });
}

export const NEW_APP_SHOTS: readonly Shot[] = [
  { name: 'new-source', path: '/new' },
  { name: 'new-source-zip', path: '/new?from=upload', act: uploadZip },
  {
    name: 'new-source-problem',
    path: '/new',
    act: async (page) => {
      await page.getByLabel('Repository URL').fill('https://git.example.com/x/y.git');
      await button(page, 'Continue').click();
    },
  },
  { name: 'new-configure', path: '/new', act: toConfigure },
  {
    name: 'new-configure-problems',
    path: '/new',
    act: async (page) => {
      await toConfigure(page);
      await page.getByLabel('Slug').fill('harbor-web');
      await page.getByLabel('Name of variable 1').fill('2FAST');
      await page.getByText('Advanced').click();
      await button(page, 'Continue').click();
    },
  },
  {
    name: 'new-configure-taken',
    path: '/new',
    act: async (page) => {
      await toConfigure(page);
      await page.getByLabel('Slug').fill('harbor-web');
      await button(page, 'Continue').click();
      await page.getByText('is already used').waitFor();
    },
  },
  {
    name: 'new-confirm',
    path: '/new',
    act: async (page) => {
      await toConfigure(page);
      await button(page, 'Continue').click();
      await page.getByRole('heading', { name: 'Confirm and deploy' }).waitFor();
    },
  },
  {
    name: 'new-uploading',
    path: '/new?from=upload',
    world: () => Object.assign(sampleWorld(), { storageDelay: 60_000 }),
    act: async (page) => {
      await uploadZip(page);
      await button(page, 'Continue').click();
      await page.getByRole('heading', { name: 'Configure' }).waitFor();
      await page.getByLabel('Slug').fill('summer-flyer');
      await button(page, 'Continue').click();
      await button(page, 'Deploy').click();
      await page.getByRole('progressbar').waitFor();
      await page.getByText(/^[1-9]\d*%$/).waitFor();
    },
  },
  {
    name: 'new-configure-looking',
    path: '/new',
    world: () => ({ ...sampleWorld(), look: { status: 'waiting' } }),
    act: toConfigure,
  },
  {
    name: 'new-configure-private',
    path: '/new',
    world: () => ({
      ...sampleWorld(),
      look: {
        status: 'failed',
        error: {
          code: 'source_unavailable',
          message: 'github.com/northwind/harbor doesn’t exist, or is private.',
          hint: 'Check the URL. A private repository needs a credential.',
        },
      },
    }),
    act: toConfigure,
  },
  {
    name: 'new-configure-nothing',
    path: '/new',
    world: () => ({
      ...sampleWorld(),
      look: foundSite({
        plan: null,
        candidates: {
          ways: [],
          problem: {
            message: 'Found nothing to build in apps/web: package.json has no build script.',
            hint: 'Add a "build" script to package.json.',
            isAmbiguous: false,
          },
        },
      }),
    }),
    act: toConfigure,
  },
  {
    name: 'new-configure-zip',
    path: '/new?from=upload',
    act: async (page) => {
      await chooseZip(page, 'harbor.zip', TWO_SITES);
      await page.getByText('The ZIP contains several projects.').waitFor();
    },
  },
  {
    name: 'new-confirm-unknown',
    path: '/new',
    world: () => ({ ...sampleWorld(), runners: [], look: { status: 'waiting' } }),
    act: async (page) => {
      await toConfigure(page);
      await button(page, 'Continue').click();
      await page.getByText('No runner is online.').waitFor();
    },
  },
];
