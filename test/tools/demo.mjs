import { main, NotPrepared, prepare, ROOT } from './prepare.mjs';
import { mustRun, say } from './run.mjs';

/** `npm run demo`: everything from a fresh clone to an address that can be opened. */
await main(async () => {
  const options = process.argv.slice(2);
  const unknown = options.filter((option) => option !== '--floor');
  if (unknown.length > 0) {
    throw new NotPrepared(
      `Unknown: ${unknown.join(' ')}. The demo knows only --floor: the oldest supported VS Code.`,
    );
  }
  const version = options.includes('--floor') ? 'floor' : 'newest';
  await prepare({ editors: [version] });
  say('Building and packaging the extension.');
  await mustRun('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  await mustRun('npm', ['run', '--silent', 'package'], { cwd: ROOT });
  // Only now is there a node_modules with what runs TypeScript.
  const { tsImport } = await import('tsx/esm/api');
  const { demo } = await tsImport('./demo.ts', import.meta.url);
  await demo(version);
});
