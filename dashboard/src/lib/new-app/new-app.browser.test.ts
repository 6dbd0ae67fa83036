// @vitest-environment node
/** From a source to the first deployment: the built dashboard in a real browser with the in-memory API. */
import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { foundSite } from '../../testing/fake-look.ts';
import { useBrowser } from '../../testing/visit.ts';
import { emptyWorld } from '../../testing/world.ts';
import { chooseZip, TWO_SITES } from '../../testing/zip.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('a new app', () => {
  test('from a ZIP is uploaded to storage in parts and deployed, by keyboard alone', async () => {
    const { page, api } = await visit('/new?from=upload', { world: emptyWorld() });
    const buffer = Buffer.alloc(12_000_000, 3);
    await page
      .getByLabel('Project archive')
      .setInputFiles({ name: 'my-site.zip', mimeType: 'application/zip', buffer });
    await page.getByRole('button', { name: 'Continue' }).press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Configure');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('My site');
    await page.getByRole('button', { name: 'Continue' }).press('Enter');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe('Confirm and deploy');
    await page.getByRole('button', { name: 'Deploy' }).press('Enter');
    await page.waitForURL(/\/deployments\//);
    expect([...api.stored.values()].sort((one, other) => one - other)).toEqual([
      1_514_240, 5_242_880, 5_242_880,
    ]);
    expect(api.calls.filter((call) => call.startsWith('POST'))).toEqual([
      'POST /api/uploads',
      expect.stringMatching(/^POST \/api\/uploads\/[0-9a-f]{24}\/complete$/),
      'POST /api/apps',
      'POST /api/apps/my-site/deployments',
    ]);
  });

  test('from a ZIP that can be built in several ways lists them, and deploys the chosen one', async () => {
    const { page, api, faults } = await visit('/new?from=upload', { world: emptyWorld() });
    await chooseZip(page, 'tides.zip', {
      'tides/package.json':
        '{"scripts":{"build":"vite build"},"devDependencies":{"vite":"8.0.0","@capacitor/core":"7.0.0","@capacitor/android":"7.0.0"}}',
      'tides/capacitor.config.ts': '',
    });
    await page.getByText('This project can be built in more than one way.').waitFor();
    expect(await page.getByRole('radio', { name: 'Android app · Capacitor' }).isChecked()).toBe(true);
    await page.getByRole('radio', { name: 'Website · Vite' }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Confirm and deploy' }).waitFor();
    expect(await page.getByRole('definition').allInnerTexts()).toEqual(
      expect.arrayContaining(['npm install', 'npm run build']),
    );
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.world.apps[0]).toMatchObject({ slug: 'tides', type: 'web' });
    expect(faults).toEqual([]);
  });

  test('from a ZIP of a workspace asks for one of its sites, and sets the root directory to it', async () => {
    const { page, api, faults } = await visit('/new?from=upload', { world: emptyWorld() });
    await chooseZip(page, 'harbor.zip', TWO_SITES);
    const next = page.getByRole('button', { name: 'Continue' });
    await page.getByText('The ZIP contains several projects.').waitFor();
    const [blog, shop] = [/Website · Astro, in apps\/blog/, /Website · Vite, in apps\/shop/].map((name) =>
      page.getByRole('radio', { name }),
    );

    await next.click();
    await page.getByText('Choose the project to build.').waitFor();
    expect(await blog?.evaluate((radio) => radio === document.activeElement)).toBe(true);

    await shop?.check();
    expect(await page.getByLabel('Root directory').inputValue()).toBe('apps/shop');
    expect(await page.getByText('Choose the project to build.').count()).toBe(0);
    await next.click();
    await page.getByRole('button', { name: 'Back' }).click();
    expect(await shop?.isChecked()).toBe(true);
    expect(await blog?.isChecked()).toBe(false);
    await next.click();
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.world.apps[0]?.source).toEqual({ provider: 'upload', rootDirectory: 'apps/shop' });
    expect(faults).toEqual([]);
  });

  test('keeps the form through back and forward, and names and URLs through a reload', async () => {
    const { page } = await visit('/new');
    await page.getByLabel('Repository URL').fill('northwind/tides');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Other name');
    await page.getByLabel('Name of variable 1').fill('KEY');
    await page.getByLabel('Value of KEY').fill('s3cret');
    await page.goBack();
    expect(await page.getByLabel('Repository URL').inputValue()).toBe('northwind/tides');
    await page.goForward();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Other name');
    expect(await page.getByLabel('Value of KEY').inputValue()).toBe('s3cret');
    await page.reload();
    await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('Other name');
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(
      's3cret',
    );
  });

  test('parses a pasted .env file, and reports a used slug', async () => {
    const { page, api } = await visit('/new');
    await page.getByLabel('Repository URL').fill('northwind/tides');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Name of variable 1').focus();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData('text', 'API_URL=https://api.example.com\n# note\nKEY="a b"\n');
      document.activeElement?.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
      );
    });
    expect(await page.getByLabel('Value of KEY').inputValue()).toBe('a b');
    await page.getByLabel('Slug').fill('harbor-web');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('"harbor-web" is already used').waitFor();
    await page.getByRole('button', { name: 'Use harbor-web-2' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByLabel('Slug').inputValue()).toBe('harbor-web-2');
    await page.getByText('"harbor-web" is already used').waitFor({ state: 'detached' });
    // The button is gone. Keyboard users must not lose the focus.
    expect(await page.getByLabel('Slug').evaluate((field) => field === document.activeElement)).toBe(true);
    await page.getByLabel('Slug').fill('tides-2');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.world.apps[0]).toMatchObject({ slug: 'tides-2', name: 'Tides' });
  });

  test('shows why an upload failed, and resumes it', async () => {
    const { page, api } = await visit('/new?from=upload', { world: emptyWorld() });
    await page.route('**/2', (route) =>
      route.request().method() === 'PUT'
        ? route.fulfill({ status: 400, headers: { 'Access-Control-Allow-Origin': '*' } })
        : route.continue(),
    );
    const buffer = Buffer.alloc(12_000_000, 3);
    await page
      .getByLabel('Project archive')
      .setInputFiles({ name: 'my-site.zip', mimeType: 'application/zip', buffer });
    for (const name of ['Continue', 'Continue', 'Deploy']) await page.getByRole('button', { name }).click();
    await page.getByText('Storage rejected the file (400).').waitFor();
    await page.unroute('**/2');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.calls.filter((call) => call === 'POST /api/apps')).toHaveLength(1);
  });

  test('from a dropped folder is packed without what is ignored, wherever it is dropped', async () => {
    const { page, api, faults } = await visit('/new?from=upload', { world: emptyWorld() });
    // A script can drop files, but no folder.
    const files = {
      'harbor/index.html': '<h1>Harbor</h1>',
      'harbor/.gitignore': '*.log',
      'harbor/debug.log': 'x',
    };
    await page.evaluate((files) => {
      const transfer = new DataTransfer();
      for (const [path, text] of Object.entries(files))
        transfer.items.add(new File([text], path.split('/').at(-1) ?? ''));
      const init = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.querySelector('h1')?.dispatchEvent(new DragEvent('dragenter', init));
      document.querySelector('h1')?.dispatchEvent(new DragEvent('drop', init));
    }, files);
    // After a drop, nothing is left to say about the source: the next step follows.
    await page.getByText('Detected from files in the ZIP.').waitFor();
    await page.getByText('Website', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByText('2 files').waitFor();
    await page.getByText('Left out: debug.log').waitFor();
    for (const name of ['Continue', 'Continue', 'Deploy']) await page.getByRole('button', { name }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.calls).toContain('POST /api/apps/files/deployments');
    expect(faults).toEqual([]);
  });

  test('takes a click anywhere in the zone, and says what to do with a file that is no ZIP', async () => {
    const { page } = await visit('/new?from=upload', { world: emptyWorld() });
    const zone = page.getByRole('group', { name: 'Drop a ZIP archive or a folder here' });
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      zone.click({ position: { x: 10, y: 10 } }),
    ]);
    await chooser.setFiles({ name: 'harbor.tar.gz', mimeType: 'application/gzip', buffer: Buffer.from('x') });
    await page.getByText('Not a ZIP archive.').waitFor();
    const [again] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose another folder' }).click(),
    ]);
    expect(again.element()).toBeTruthy();
    await page.getByRole('button', { name: 'Choose another ZIP' }).waitFor();
  });

  test('from Git shows what is in the repository, lets it be changed in place, and sums it up', async () => {
    const { page, api, faults } = await visit('/new', { world: emptyWorld() });
    api.world.look = foundSite({ branch: 'trunk', defaultBranch: 'trunk', branches: ['trunk'] });
    await page.getByLabel('Repository URL').fill('northwind/tides');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Website · Vite').waitFor();
    await page.getByText('Add a weather layer').waitFor();
    const build = page.getByLabel('Build command');
    expect(await build.inputValue()).toBe('pnpm run build');
    expect(await page.getByLabel('Outputs').inputValue()).toBe('dist');
    expect(await page.getByLabel('Branch').getAttribute('placeholder')).toBe('trunk');

    await build.fill('pnpm run site');
    await page.getByLabel('Install command').fill('');
    await page.getByLabel('Install command').blur();
    expect(await page.getByLabel('Install command').inputValue()).toBe('pnpm install --frozen-lockfile');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Confirm and deploy' }).waitFor();
    const said = await page.getByRole('region', { name: 'Tides' }).innerText();
    for (const text of [
      'Website · Vite',
      'github.com/northwind/tides',
      'trunk',
      'pnpm run site',
      'Set by you',
      'dist',
    ])
      expect(said).toContain(text);
    expect(said).not.toMatch(/Auto-detect|None/);

    await page.getByRole('button', { name: 'Edit build' }).click();
    await expect.poll(() => build.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Use detected build command' }).click();
    expect(await build.inputValue()).toBe('pnpm run build');
    expect(await build.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.world.apps[0]?.source).toMatchObject({ branch: 'trunk' });
    expect(faults).toEqual([]);
  });

  test('from a private repository asks for a credential, and checks the repository with it', async () => {
    const { page, api } = await visit('/new?from=git', { world: emptyWorld() });
    api.world.look = {
      status: 'failed',
      error: {
        code: 'source_unavailable',
        message: 'The repository doesn’t exist, or is private.',
        hint: 'Check the URL.',
      },
    };
    await page.getByLabel('Repository URL').fill('https://git.example.com/northwind/tides.git');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('doesn’t exist, or is private').waitFor();
    await page.getByRole('button', { name: 'Add a credential' }).press('Enter');
    await expect
      .poll(() => page.getByLabel('Credential').evaluate((field) => field === document.activeElement))
      .toBe(true);
    api.world.look = foundSite();
    await page.getByLabel('Token').fill('s3cret');
    await page.getByLabel('Token').blur();
    await page.getByText('Website · Vite').waitFor();
  });

  test('leads to the field that the server refused', async () => {
    const { page, api } = await visit('/new', { world: emptyWorld() });
    api.world.refusals.set(
      'POST /api/apps',
      new AppFluxError('bad_request', 'Invalid request body', {
        issues: [{ path: 'build.node', message: 'No such version' }],
      }),
    );
    api.world.look = { status: 'waiting' };
    await page.getByLabel('Repository URL').fill('northwind/tides');
    for (const name of ['Continue', 'Continue']) await page.getByRole('button', { name }).click();
    await page.getByText('No runner is online.').waitFor();
    expect(await page.getByText('detected when the build starts').isVisible()).toBe(true);
    // Looks are refused as well, but they aren't needed.
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.getByRole('button', { name: 'Change the Node version' }).press('Enter');
    await expect
      .poll(() => page.getByLabel('Node version').evaluate((field) => field === document.activeElement))
      .toBe(true);
  });
});
