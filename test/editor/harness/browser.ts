import { chromium, type Browser } from 'playwright-core';
import { which } from '../../tools/run.mjs';

let shared: Promise<Browser> | undefined;

/** Debian's Chromium, started once a test process and ended with it. */
export function browser(): Promise<Browser> {
  shared ??= launch();
  return shared;
}

/** Ends the shared browser, for a process that goes on without it. */
export async function closeBrowser(): Promise<void> {
  const open = shared;
  shared = undefined;
  await (await open)?.close();
}

function launch(): Promise<Browser> {
  const executablePath = which('chromium');
  if (executablePath === undefined) throw new Error('chromium is missing: node test/tools/prepare.mjs');
  const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  const args = ['--no-sandbox', ...quiet, '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath, args });
}
