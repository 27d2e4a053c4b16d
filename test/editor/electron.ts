import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { cacheFolder } from '../tools/code-server.mjs';
import { which } from '../tools/run.mjs';
import { bundleExtensionTests, DEVELOPMENT_PATH } from './harness/extension-bundle';

/** Runs the extension tests in desktop VS Code: the oldest supported version, then the newest stable one. */
async function main(): Promise<number> {
  if (process.platform === 'linux' && !process.env['DISPLAY']) {
    const how = which('xvfb-run')
      ? 'xvfb-run -a npm run test:electron'
      : 'apt-get install xvfb, then xvfb-run -a npm run test:electron';
    console.error(`Desktop VS Code needs a display and there is none. Try: ${how}`);
    return 2;
  }
  for (const version of [await floorVersion(), 'stable']) {
    const executable = await download(version);
    if (executable === undefined) return 2;
    console.log(`VS Code ${version}:`);
    await runIn(executable, await bundleExtensionTests());
  }
  return 0;
}

/** Where VS Code is after the download; undefined, and said why, when it cannot be downloaded. */
async function download(version: string): Promise<string | undefined> {
  try {
    return await downloadAndUnzipVSCode({ version, cachePath: join(cacheFolder(), 'vscode-desktop') });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(
      `Desktop VS Code ${version} cannot be downloaded on this machine (${reason}). ` +
        'The same tests run in a real VS Code server without a download: npm test -- editor',
    );
    return undefined;
  }
}

async function runIn(vscodeExecutablePath: string, extensionTestsPath: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'km-'));
  try {
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: DEVELOPMENT_PATH,
      extensionTestsPath,
      launchArgs: [
        folder,
        ...['--user-data-dir', join(folder, '.user')],
        ...['--extensions-dir', join(folder, '.extensions')],
        ...['--disable-workspace-trust', '--disable-telemetry', '--skip-welcome', ...asRoot],
      ],
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The oldest version that package.json promises to run on. */
async function floorVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(DEVELOPMENT_PATH, 'package.json'), 'utf8')) as {
    engines: { vscode: string };
  };
  return manifest.engines.vscode.replace(/^\D+/, '');
}

process.exitCode = await main();
