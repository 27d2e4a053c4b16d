import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EditorVersion } from '../../tools/code-server.mjs';
import { addLanguagePack } from './language-pack';
import { beforeExit } from './processes';
import { installVsix, makeServerFolders, startCodeServer, startTestServer } from './server';

/** The themes screenshots are taken in: the setting's value, and the class by which the page shows that it is on. */
export const COLOR_THEMES = {
  dark: { name: 'Default Dark Modern', pageClass: 'vs-dark' },
  light: { name: 'Default Light Modern', pageClass: 'vs' },
  'high-contrast': { name: 'Default High Contrast', pageClass: 'hc-black' },
  'high-contrast-light': { name: 'Default High Contrast Light', pageClass: 'hc-light' },
} as const;

/** The short name of a theme, as it is used in a screenshot's name. */
export type ColorTheme = keyof typeof COLOR_THEMES;

/** What an editor is started with. */
export interface EditorOptions {
  readonly version: EditorVersion;
  /** The folder that windows open when they are not told another. */
  readonly workspace: string;
  /** Installed as a user would install it. */
  readonly vsix?: string;
  /** User settings, added to the quiet defaults. */
  readonly settings?: Record<string, unknown>;
  readonly env?: NodeJS.ProcessEnv;
  readonly colorTheme?: ColorTheme;
  /** The display language of extensions; VS Code's own words stay English. */
  readonly language?: string;
  /** Run with VS Code's test driver: needed for a payload on newer versions, but modal dialogs are refused. */
  readonly testDriver?: boolean;
}

/** A running editor server, not yet opened in a browser. */
export interface Editor {
  readonly version: EditorVersion;
  readonly url: string;
  readonly workspace: string;
  readonly userDataDir: string;
  readonly extensionsDir: string;
  /** The theme that is on. */
  readonly colorTheme: ColorTheme;
  /** What the server has written so far. */
  output(): string;
  /** Replaces the user settings; open windows take them over at once. */
  writeSettings(settings: Record<string, unknown>): Promise<void>;
  /** Puts another theme into the settings; `Workbench.wear` waits for it. */
  writeColorTheme(theme: ColorTheme): Promise<void>;
  /** Ends the server with everything it started and removes its folders. */
  stop(): Promise<void>;
}

const REMOVE = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };

/** Starts VS Code's server with a home, settings and extensions folder of its own. */
export async function startEditor(options: EditorOptions): Promise<Editor> {
  const root = await mkdtemp(join(tmpdir(), 'km-'));
  const forget = beforeExit(() => rmSync(root, REMOVE));
  const removeRoot = async () => {
    await rm(root, REMOVE);
    forget();
  };
  let colorTheme = options.colorTheme ?? 'dark';
  let written = options.settings ?? {};
  try {
    const folders = await makeServerFolders(root);
    const writeSettings = async (settings: Record<string, unknown>) => {
      written = settings;
      const user = { ...QUIET, ...themed(colorTheme), ...settings };
      await writeJson(join(folders.userData, 'User', 'settings.json'), user);
      // Settings of scope "machine" count only here, and open windows take over a changed theme only from here.
      await writeJson(join(folders.userData, 'Machine', 'settings.json'), settings);
    };
    await writeSettings(written);
    if (options.vsix !== undefined) await installVsix(options.version, folders, options.vsix);
    const { language } = options;
    if (language !== undefined) await addLanguagePack(folders.userData, language);
    const env = options.env ?? {};
    const server = options.testDriver
      ? await startTestServer(options.version, folders, env)
      : await startCodeServer(options.version, folders, {
          env,
          ...(language === undefined ? {} : { language }),
        });
    return {
      version: options.version,
      url: server.url,
      workspace: options.workspace,
      userDataDir: folders.userData,
      extensionsDir: folders.extensions,
      get colorTheme() {
        return colorTheme;
      },
      output: () => server.tree.output(),
      writeSettings,
      writeColorTheme(theme) {
        colorTheme = theme;
        return writeSettings({ ...written, ...themed(theme) });
      },
      async stop() {
        await server.tree.stop();
        await removeRoot();
      },
    };
  } catch (error) {
    await removeRoot();
    throw error;
  }
}

const themed = (theme: ColorTheme) => ({ 'workbench.colorTheme': COLOR_THEMES[theme].name });

/** By a rename: the editor never sees half a file, which would switch settings back that want a reload. */
async function writeJson(file: string, content: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(content, undefined, 2));
  await rename(`${file}.new`, file);
}

/** How many times further than usual a notch of the wheel scrolls a list. */
export const WHEEL_SENSITIVITY = 2;

/**
 * Nothing that moves, asks, looks for the network or, as a tooltip does, lies over what a test clicks next: what is
 * left on the screen is the extension's.
 */
const QUIET: Record<string, unknown> = {
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'remote.autoForwardPorts': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.hideOnStartup': 'whenEmpty',
  'update.mode': 'none',
  'window.autoDetectColorScheme': false,
  'window.autoDetectHighContrast': false,
  'window.confirmBeforeClose': 'never',
  'workbench.enableExperiments': false,
  'workbench.hover.delay': 600_000,
  'workbench.list.mouseWheelScrollSensitivity': WHEEL_SENSITIVITY,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tree.enableStickyScroll': false,
  'workbench.tips.enabled': false,
};
