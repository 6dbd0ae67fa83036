// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code in strings.
import { compile } from 'svelte/compiler';
import { describe, expect, test } from 'vitest';
import { keyOf } from './message.ts';
import { translateModule } from './translate.ts';

/** The texts of a module. */
function textsOf(file: string, code: string): string[] {
  const texts: string[] = [];
  const same = translateModule(file, code, (forms) => {
    texts.push(keyOf(forms));
    return null;
  });
  expect(same).toBe(code);
  return texts;
}

/** A module with some texts translated. */
const translated = (file: string, code: string, texts: Record<string, string | readonly string[]>): string =>
  translateModule(file, code, (forms) => {
    const text = texts[keyOf(forms)];
    return text === undefined ? null : typeof text === 'string' ? [text] : text;
  });

const script = (code: string) => textsOf('a.ts', code);
const markup = (code: string) => textsOf('A.svelte', code);

describe('text of scripts', () => {
  test.each([
    ["const a = 'Try again.';", ['Try again.']],
    ["const a = { label: 'Sign in' } as const;", ['Sign in']],
    ['const a = `Wait ${seconds} seconds`;', ['Wait {0} seconds']],
    ['const a = `${name} was deleted`;', ['{0} was deleted']],
    ["const a = one ? 'no builds' : 'in all';", ['no builds', 'in all']],
    ["class A { #problem = 'Enter a name.'; }", ['Enter a name.']],
    ["plural(count, ['# file', '# files'])", ['# file\n# files']],
    ["toast({ title: 'Saved', act: () => say('Undone') })", ['Saved', 'Undone']],
    ["const a = { sent: /* text */ 'deployed', by: 'user' };", ['deployed']],
    ["const a = 'Älter als die Seite';", ['Älter als die Seite']],
  ])('%s', (code, texts) => {
    expect(script(code)).toEqual(texts);
  });

  test.each([
    "import a from 'Module of Names';",
    "import('Some Module')",
    "export * from 'Some Module';",
    "type Kind = 'Some Kind' | 'Other Kind';",
    "const kind: 'Some Kind' = other;",
    "if (kind === 'Organization') a();",
    "if (['Some Kind', 'Other'].includes(kind)) a();",
    "switch (kind) { case 'Some Kind': a(); }",
    "const a = table['Some Key'];",
    "const a = { 'Some Key': 1 };",
    "throw new Error('Nobody reads this');",
    "throw new DOMException('Aborted', 'AbortError');",
    "headers.set('Content-Type', type)",
    "text.startsWith('Warning: ')",
    "const a = 'AbortError', b = 'Content-Type', c = 'HTTP', d = 'Enter', e = 'Control+K';",
    "const a = 'flex items-center gap-2', b = 'border-b border-line', c = 'input, select';",
    "const a = 'hover:bg-inset hover:text-ink', b = 'mt-4 p-2';",
    "const a = '/apps/new', b = 'https://example.com', c = 'production', d = 'text/html; charset=utf-8';",
    'const a = `app ${slug}`, b = `/apps/${slug}/settings`, c = `${width}px`, d = `${a}-${b}`;',
    "z.object({}).meta({ id: 'Some Name' })",
    'css`Some Text`',
    'const a = /Some Text/;',
  ])('%s has none', (code) => {
    expect(script(code)).toEqual([]);
  });
});

describe('text of markup', () => {
  test.each([
    ['<p>Sign in</p>', ['Sign in']],
    ['<p>\n  Two\n  lines\n</p>', ['Two lines']],
    ['<p>{name} has <b>{count} files</b>.</p>', ['{0} has <0>{0} files</0>.']],
    ['<p>Read <A href="/b">the page</A> or <code>x y</code></p>', ['Read <0>the page</0> or <1/>']],
    ['<p>Ends {#if soon}very soon{/if}</p>', ['Ends <0/>', 'very soon']],
    ['<p>{count === 1 ? "slot" : `${count} slots`}</p>', ['slot', '{0} slots']],
    ['<p>{format(count)}{other ?? "none"}</p>', ['none']],
    ['<a title="Open it" aria-label="one of {count}">x</a>', ['Open it', 'one of {0}', 'x']],
    [
      '<A label="Name" hint={`At most ${most}.`} action="Delete it" />',
      ['Name', 'At most {0}.', 'Delete it'],
    ],
    ['<button onclick={() => say("It is done")}>Go</button>', ['It is done', 'Go']],
    ['{#snippet a()}<b>Bold</b>{/snippet}', ['Bold']],
    [
      '{#each all as one (one)}{@const text = `All of ${one}`}<i>{text}</i>{:else}No one{/each}',
      ['All of {0}', 'No one'],
    ],
    ['<script lang="ts">const a = "Some text";</script><i>{a}</i>', ['Some text']],
    ['<svelte:head><title>Apps · {name}</title></svelte:head>', ['Apps · {0}']],
  ])('%s', (code, texts) => {
    expect(markup(code).sort()).toEqual([...texts].sort());
  });

  test.each([
    '<code>npm install</code>',
    '<pre>A b</pre>',
    '<p>{name}: {count} · 3</p>',
    '<p class="Some Class" id="Some Id">{a}</p>',
    '<input type="Text Type" name="Some Name" autocomplete="Current Password" />',
    '<A class="Some Class" href="Some Path" />',
    '<p class={on ? "On Off" : ""}>{kind === "Some Kind" ? a : b}</p>',
    '<style>p { content: "Some Text"; }</style>',
    '<!-- Some text -->',
  ])('%s has none', (code) => {
    expect(markup(code)).toEqual([]);
  });
});

describe('a translated module', () => {
  test.each([
    ["say('It’s')", { 'It’s': "l'eau \\ b" }, "say('l\\'eau \\\\ b')"],
    ['say(`At ${a} of ${b}`)', { 'At {0} of {1}': '`{1}` ${x} {0}' }, 'say(`\\`${b}\\` \\${x} ${a}`)'],
    ['say(`At ${f("In it")} is`)', { 'At {0} is': 'Um {0}', 'In it': 'Darin' }, "say(`Um ${f('Darin')}`)"],
    [
      "plural(n, ['# file', '# files'])",
      { '# file\n# files': ['# Datei', '# Dateien'] },
      "plural(n, ['# Datei', '# Dateien'])",
    ],
  ])('%s', (code, texts, expected) => {
    expect(translated('a.ts', code, texts)).toBe(expected);
  });

  test.each([
    ['<p> Sign in </p>', { 'Sign in': 'Anmelden' }, '<p> Anmelden </p>'],
    ['<p>Less</p>', { Less: 'a < {b} & "c"' }, '<p>a &lt; &#123;b&#125; &amp; &quot;c&quot;</p>'],
    [
      '<p>{name} has <b class="x">{count} files</b>.</p>',
      { '{0} has <0>{0} files</0>.': '<0>{0} Dateien</0> hat {0}.' },
      '<p><b class="x">{count} Dateien</b> hat {name}.</p>',
    ],
    [
      '<p>Ends {#if soon}very soon{/if} <A label="Some label" /></p>',
      { 'Ends <0/> <1/>': '<1/> endet <0/>', 'very soon': 'bald', 'Some label': 'Name' },
      '<p><A label="Name" /> endet {#if soon}bald{/if}</p>',
    ],
    [
      '<a title="Open {name}">x</a>',
      { 'Open {0}': '{0} "öffnen"' },
      '<a title="{name} &quot;öffnen&quot;">x</a>',
    ],
    ["<a title='Open it'>x</a>", { 'Open it': "Geht's" }, '<a title="Geht\'s">x</a>'],
    ['<p>Not known {f("Some text")}</p>', { 'Some text': 'Text' }, "<p>Not known {f('Text')}</p>"],
  ])('%s', (code, texts: Record<string, string>, expected) => {
    expect(translated('A.svelte', code, texts)).toBe(expected);
    expect(() => compile(expected, { generate: 'client' })).not.toThrow();
  });

  test('that can’t be parsed is an error', () => {
    expect(() => script('const a = ;')).toThrow('a.ts');
    expect(() => markup('<p>')).toThrow();
  });
});
