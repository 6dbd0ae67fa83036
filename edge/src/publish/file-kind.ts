/** What a delivered file is, told from its name: for which system, and what a person does with it. */

export type System = 'android' | 'ios' | 'windows' | 'mac' | 'linux';

export const SYSTEM_NAMES: Readonly<Record<System, string>> = {
  android: 'Android',
  ios: 'iPhone and iPad',
  windows: 'Windows',
  mac: 'macOS',
  linux: 'Linux',
};

export interface FileKind {
  label: string;
  /** The system it is for; null for any. */
  system: System | null;
  /** `install`: opening it puts the app on the device. `archive`: it is unpacked. `other`: not for visitors. */
  use: 'install' | 'archive' | 'other';
  /** What to do after the download, in order. */
  steps: readonly string[];
}

const SMART_SCREEN =
  'If Windows protects your PC from it and you trust the publisher, choose More info, then Run anyway.';
const GATEKEEPER =
  'If macOS cannot verify it and you trust the publisher, open System Settings, Privacy & Security, and choose Open Anyway.';

const ARCHIVE: FileKind = {
  label: 'Archive',
  system: null,
  use: 'archive',
  steps: ['Unpack the archive.', 'Open the app inside; a web site goes onto any web server.'],
};

/** By ending; of two systems' installers the one named first is offered first. */
const KINDS: readonly (readonly [ending: string, kind: FileKind])[] = [
  [
    '.apk',
    {
      label: 'Android app',
      system: 'android',
      use: 'install',
      steps: [
        'Open the downloaded file on your Android device.',
        'If Android asks, allow your browser to install apps from this source.',
        'Choose Install.',
      ],
    },
  ],
  [
    '.exe',
    {
      label: 'Windows program',
      system: 'windows',
      use: 'install',
      steps: ['Open the downloaded file.', SMART_SCREEN],
    },
  ],
  [
    '.msi',
    {
      label: 'Windows installer',
      system: 'windows',
      use: 'install',
      steps: ['Open the downloaded file and follow the installer.', SMART_SCREEN],
    },
  ],
  [
    '.msix',
    {
      label: 'Windows app package',
      system: 'windows',
      use: 'install',
      steps: ['Open the downloaded file.', 'Choose Install.'],
    },
  ],
  [
    '.dmg',
    {
      label: 'macOS disk image',
      system: 'mac',
      use: 'install',
      steps: ['Open the disk image.', 'Drag the app into Applications.', GATEKEEPER],
    },
  ],
  [
    '.pkg',
    {
      label: 'macOS installer',
      system: 'mac',
      use: 'install',
      steps: ['Open the downloaded file and follow the installer.', GATEKEEPER],
    },
  ],
  [
    '.appimage',
    {
      label: 'Linux AppImage',
      system: 'linux',
      use: 'install',
      steps: [
        'Allow the file to run: in its properties, or with chmod +x.',
        'Open it. Nothing is installed.',
      ],
    },
  ],
  [
    '.deb',
    {
      label: 'Debian and Ubuntu package',
      system: 'linux',
      use: 'install',
      steps: [
        'Open the package with your software center, or install it with sudo apt install ./ and its name.',
      ],
    },
  ],
  [
    '.rpm',
    {
      label: 'Fedora and openSUSE package',
      system: 'linux',
      use: 'install',
      steps: [
        'Open the package with your software center, or install it with sudo dnf install ./ and its name.',
      ],
    },
  ],
  [
    '.aab',
    {
      label: 'Android App Bundle',
      system: 'android',
      use: 'other',
      steps: ['This file is for a store: upload it to the Play Console. A phone cannot open it.'],
    },
  ],
  [
    '.ipa',
    {
      label: 'iOS app',
      system: 'ios',
      use: 'other',
      steps: ['iPhones take this file from TestFlight, Xcode or Apple Configurator, not from a browser.'],
    },
  ],
  ['.zip', ARCHIVE],
  ['.tar.gz', ARCHIVE],
  ['.tgz', ARCHIVE],
  ['.tar.xz', ARCHIVE],
  ['.7z', ARCHIVE],
  ['.blockmap', { label: 'Data for updates', system: null, use: 'other', steps: [] }],
];

const OTHER: FileKind = { label: 'File', system: null, use: 'other', steps: [] };

/** Words in an archive's name that say which system it is for. `darwin` goes before `win`. */
const ARCHIVE_SYSTEMS: readonly (readonly [RegExp, System])[] = [
  [/(?:^|[^a-z])(?:mac|macos|osx|darwin)(?![a-z])/i, 'mac'],
  [/(?:^|[^a-z])(?:win|windows)(?:32|64)?(?![a-z])/i, 'windows'],
  [/(?:^|[^a-z])linux(?![a-z])/i, 'linux'],
];

/** A kind, and where it stands among all: of two that fit, the lower rank is offered first. */
export type RankedKind = FileKind & { rank: number };

/** What a file is by its name's ending; an archive's name may also say for which system. */
export function fileKind(name: string): RankedKind {
  const lower = name.toLowerCase();
  const rank = KINDS.findIndex(([ending]) => lower.endsWith(ending));
  const kind = KINDS[rank]?.[1];
  if (kind === undefined) return { ...OTHER, rank: KINDS.length };
  const system =
    kind.use === 'archive' ? ARCHIVE_SYSTEMS.find(([words]) => words.test(name))?.[1] : undefined;
  return system === undefined
    ? { ...kind, rank }
    : { ...kind, rank, system, label: `${SYSTEM_NAMES[system]} archive` };
}
