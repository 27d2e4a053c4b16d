import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCluster } from '../cluster/prepare.mjs';
import { ensureMinio } from '../minio/prepare.mjs';
import { ensurePostgres } from '../postgres/prepare.mjs';
import { main, NotPrepared, prepare, ROOT } from './prepare.mjs';
import { PROGRESS } from './reporter.mjs';
import { plainEnv, run, say } from './run.mjs';

/** Single checks, each one `npm run`, before the levels of tests, each one vitest project. */
const CHECKS = ['lint', 'types', 'build', 'package'];
const LEVELS = ['unit', 'host', 'guides', 'cluster', 'editor'];
const NEEDS = { editor: ['build', 'package'] };
/** Levels whose tests wait more than they reckon: how many files run side by side. */
const WORKERS = { host: 3, guides: 4, editor: 2 };
/** Levels with real programs on a busy machine: a test that fails is tried once more, and that is told. */
const TRIED_AGAIN = ['host', 'guides', 'cluster', 'editor'];

await main(async () => {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => ![...CHECKS, ...LEVELS].includes(name));
  if (unknown.length > 0) {
    throw new NotPrepared(
      `There is no level ${unknown.join(', ')}; there are: ${[...CHECKS, ...LEVELS].join(', ')}.`,
    );
  }
  const wanted = (name) => chosen.length === 0 || chosen.includes(name);
  const total = { passed: 0, failed: 0 };
  const add = ({ passed, failed }) => {
    total.passed += passed;
    total.failed += failed;
  };
  try {
    await prepare({ editors: wanted('editor') ? ['floor', 'newest'] : [] });
    // Fetched and built while the other levels run; whatever goes wrong is told where they are needed.
    const servers = prepareServers(wanted('guides') ? [ensurePostgres, ensureMinio] : []);
    const cluster = servers.then(() => prepareServers(wanted('cluster') ? [ensureCluster] : []));
    cluster.catch(() => undefined);
    const failedChecks = [];
    for (const name of CHECKS.filter(wanted)) {
      const outcome = await check(name);
      if (outcome.failed > 0) failedChecks.push(name);
      add(outcome);
    }
    for (const name of LEVELS.filter(wanted)) {
      if (name === 'guides') await servers;
      if (name === 'cluster') await cluster;
      const without = NEEDS[name]?.filter((needed) => failedChecks.includes(needed)) ?? [];
      if (without.length === 0) add(await level(name));
      else add(notRun(name, without));
    }
  } catch (error) {
    total.failed += 1;
    throw error;
  } finally {
    // The last thing printed, also after what `main` says about an error.
    process.once('exit', () => say(`${total.passed} passed, ${total.failed} failed`));
  }
  return total.failed > 0 ? 1 : 0;
});

/** The real servers behind a level. Where one cannot be had, its tests say so, and fail where CI runs them. */
async function prepareServers(kinds) {
  for (const ensure of kinds) {
    try {
      await ensure();
    } catch (error) {
      if (!(error instanceof NotPrepared)) throw error;
      say(error.message);
    }
  }
}

async function check(name) {
  const { code, output, seconds } = await timed('npm', ['run', '--silent', name]);
  if (code === 0) say(`${name}: passed, ${seconds} s`);
  else report(name, `failed (exit code ${code}), ${seconds} s`, output);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function level(name) {
  say(`${name}:`);
  const outcomeFile = join(ROOT, 'out', 'test', `${name}.json`);
  rmSync(outcomeFile, { force: true });
  const reporters = ['--reporter=default', `--reporter=${join(import.meta.dirname, 'reporter.mjs')}`];
  const workers = WORKERS[name] ? [`--maxWorkers=${WORKERS[name]}`] : [];
  const tries = TRIED_AGAIN.includes(name) ? ['--retry=1'] : [];
  const { code, output, seconds } = await timed(
    join(ROOT, 'node_modules', '.bin', 'vitest'),
    ['run', '--project', name, ...workers, ...tries, ...reporters],
    {
      env: plainEnv({ KM_TEST_OUTCOME: outcomeFile, NO_COLOR: '1', FORCE_COLOR: undefined }),
      onOutput: showProgress(),
    },
  );
  const { passed, failed, skipped, triedAgain } = existsSync(outcomeFile)
    ? JSON.parse(readFileSync(outcomeFile, 'utf8'))
    : { passed: 0, failed: 0, skipped: [], triedAgain: [] };
  for (const { test, error } of triedAgain) say(`  passed at the second try only: ${test}: ${error}`);
  for (const { test, reason } of skipped) say(`  skipped: ${test}: ${reason}`);
  const mustRun = process.env.CI ? skipped.length : 0;
  const nothing = passed + failed + skipped.length === 0;
  const wrong = failed + mustRun || (nothing || code !== 0 ? 1 : 0);
  const summary = `${passed} passed, ${wrong} failed, ${skipped.length} skipped, ${seconds} s`;
  if (wrong === 0) say(`${name}: ${summary}`);
  else report(name, nothing ? `no test ran, ${seconds} s` : summary, output);
  return { passed, failed: wrong };
}

/** A level that would test what an earlier build left behind. */
function notRun(name, without) {
  say(`${name}: not run, because this failed: ${without.join(', ')}`);
  return { passed: 0, failed: 1 };
}

/** Shows what a failed level has written, between lines that are easily found. */
function report(name, verdict, output) {
  say(`${name}: ${verdict}. Its output:`);
  say(`${'-'.repeat(20)} ${name} ${'-'.repeat(20)}`);
  say(output.trimEnd());
  say(`${'-'.repeat(20)} end of ${name} ${'-'.repeat(13)}`);
}

async function timed(command, args, options = {}) {
  const start = Date.now();
  const result = await run(command, args, { cwd: ROOT, ...options });
  return { ...result, seconds: ((Date.now() - start) / 1000).toFixed(1) };
}

/** Passes on the lines that the reporter means for the person who waits. */
function showProgress() {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith(PROGRESS)) say(line.slice(PROGRESS.length));
  };
}
