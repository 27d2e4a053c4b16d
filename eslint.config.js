import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The arrows of the house: what a room may import besides its own files ("./…"). Everything else is an error.
 * extension → editor → host → migration ← guides; editor and host → platform; dags stands alone, the editor reaches it
 * only as a process.
 */
const ROOMS = {
  migration: ['node:crypto', '@vscode/l10n$', 'yaml', 'ajv'],
  platform: ['@vscode/l10n$'],
  host: ['\\.\\./(migration|platform)/', 'node:', '@vscode/l10n$', 'execa$', '@kubernetes/client-node$'],
  editor: [
    '\\.\\./(host|migration|platform)/',
    'node:',
    'vscode$',
    '@vscode/l10n$',
    'vscode-languageclient/node$',
    '\\.\\./\\.\\./webview/protocol$',
  ],
  dags: ['node:', '@vscode/l10n$', 'vscode-languageserver(/node|-textdocument)?$'],
};

/** Inside `dags`, only the two doors and what belongs to them may touch the machine or speak a protocol. */
const DAGS_DOORS = ['src/dags/server.ts', 'src/dags/cli.ts', 'src/dags/{server,files}/**/*.ts'];
/** From a folder of a room: its own files and those of the room. */
const INSIDE = '\\.\\.?/(?!\\.\\.)';
const OUT = '\\.\\./';

const importRule = (regex, message) => ({
  'no-restricted-imports': ['error', { patterns: [{ regex, message }] }],
});

const onlyImports = (room, allowed) => {
  const message = `src/${room} may import only its own files${allowed.map((each) => `, ${each}`).join('')}.`;
  const further = allowed.map((each) => (each.startsWith(OUT) ? OUT + each : each));
  return [
    { files: [`src/${room}/*.ts`], rules: importRule(`^(?!${['\\./', ...allowed].join('|')})`, message) },
    {
      files: [`src/${room}/*/**/*.ts`],
      rules: importRule(`^(?!${[INSIDE, ...further].join('|')})`, message),
    },
  ];
};

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', 'test/**/fixtures/', 'test/**/workspace/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly' },
    },
  },
  ...Object.entries(ROOMS).flatMap(([room, allowed]) => onlyImports(room, allowed)),
  {
    files: ['src/dags/*.ts'],
    ignores: DAGS_DOORS,
    rules: importRule('^(?!\\./)', 'The analysis is pure: no files, no protocol.'),
  },
  {
    files: ['src/dags/*/**/*.ts'],
    ignores: DAGS_DOORS,
    rules: importRule(`^(?!${INSIDE})`, 'The analysis is pure: no files, no protocol.'),
  },
  { files: ['src/**/*.ts'], ignores: ['src/dags/cli.ts', 'src/build/**'], rules: { 'no-console': 'error' } },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
