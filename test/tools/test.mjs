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
/**
 * Levels with real programs on a busy machine: a file with a failure is run once more as a whole, because its tests share a
 * host or a window that the failure has left as it was; and that is told. Where more files than these fail, something is
 * broken.
 */
const TRIED_AGAIN = ['host', 'guides', 'cluster', 'editor'];
const FEW_FILES = 3;
/** What a run that came to no end has said. */
const NO_OUTCOME = { files: {}, unhandled: 0 };

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
  const result = await timed('npm', ['run', '--silent', name]);
  const { code, output } = result;
  const seconds = result.seconds.toFixed(1);
  if (code === 0) say(`${name}: passed, ${seconds} s`);
  else report(name, `failed (exit code ${code}), ${seconds} s`, output);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function level(name) {
  say(`${name}:`);
  const first = await runTests(name);
  const again = Object.keys(first.files).filter((file) => first.files[file].failed.length > 0);
  const tryAgain = TRIED_AGAIN.includes(name) && again.length > 0 && again.length <= FEW_FILES;
  if (tryAgain) say(`  once more: ${again.join(', ')}`);
  const last = tryAgain ? await runTests(name, again) : first;
  const files = Object.values({ ...first.files, ...last.files });
  const failed = files.flatMap((file) => file.failed);
  const skipped = files.flatMap((file) => file.skipped);
  const passed = files.reduce((sum, file) => sum + file.passed, 0);
  for (const { test, error } of Object.values(first.files).flatMap((file) => file.failed)) {
    if (failed.every((one) => one.test !== test)) say(`  passed at the second try only: ${test}: ${error}`);
  }
  for (const { test, reason } of skipped) say(`  skipped: ${test}: ${reason}`);
  const mustRun = process.env.CI ? skipped.length : 0;
  const nothing = passed + failed.length + skipped.length === 0;
  const wrong = failed.length + first.unhandled + mustRun || (nothing || last.code !== 0 ? 1 : 0);
  const seconds = (first.seconds + (tryAgain ? last.seconds : 0)).toFixed(1);
  const summary = `${passed} passed, ${wrong} failed, ${skipped.length} skipped, ${seconds} s`;
  const output = tryAgain ? `${first.output.trimEnd()}\n\nOnce more:\n${last.output}` : first.output;
  if (wrong === 0) say(`${name}: ${summary}`);
  else report(name, nothing ? `no test ran, ${seconds} s` : summary, output);
  return { passed, failed: wrong };
}

/** Runs the tests of a level, or those of some of its files; what each file has come to. */
async function runTests(name, files = []) {
  const outcomeFile = join(ROOT, 'out', 'test', `${name}.json`);
  rmSync(outcomeFile, { force: true });
  const reporters = ['--reporter=default', `--reporter=${join(import.meta.dirname, 'reporter.mjs')}`];
  const workers = WORKERS[name] ? [`--maxWorkers=${WORKERS[name]}`] : [];
  const result = await timed(
    join(ROOT, 'node_modules', '.bin', 'vitest'),
    ['run', '--project', name, ...workers, ...reporters, ...files],
    {
      env: plainEnv({ KM_TEST_OUTCOME: outcomeFile, NO_COLOR: '1', FORCE_COLOR: undefined }),
      onOutput: showProgress(),
    },
  );
  const outcome = existsSync(outcomeFile) ? JSON.parse(readFileSync(outcomeFile, 'utf8')) : NO_OUTCOME;
  return { ...result, ...outcome };
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
  return { ...result, seconds: (Date.now() - start) / 1000 };
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
