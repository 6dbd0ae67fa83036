/** The rules for imports that `npm run check` enforces; docs/architecture.md says which part may import which. */
export default {
  forbidden: [
    {
      name: 'no-import-cycles',
      comment: 'Two modules that need each other at run time can only be understood and tested together.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-folder-cycles',
      comment: 'Move what both folders need below them.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'parts-stay-apart',
      comment: 'Parts talk to each other in the frames and schemas of protocol/.',
      severity: 'error',
      from: { path: '^(edge|runner|detection|client|protocol|cli)/src' },
      to: {
        path: '^(edge|runner|cli|dashboard|stack|e2e|chaos|bench)/',
        pathNot: ['^$1/', '^runner/src/prebuilt/index\\.ts$'],
      },
    },
    {
      name: 'prebuilt-is-for-the-command-line',
      comment: 'The command line delivers prebuilt outputs as a runner does; nobody else does.',
      severity: 'error',
      from: { path: '^(edge|detection|client|protocol|dashboard)/' },
      to: { path: '^runner/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // Entry points import the folders above them, and the foundations beside them are imported by every folder.
    exclude: {
      path: '^edge/src/index\\.ts$|^runner/src/cli\\.ts$|\\.test\\.ts$|/testing/|/testing-|node_modules',
    },
  },
};
