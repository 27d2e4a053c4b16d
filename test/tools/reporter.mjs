import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A vitest reporter for `npm test`: one line a test file while it runs, and at the end the outcome as JSON in the file
 * that KM_TEST_OUTCOME names. Unlike vitest's own it keeps why a test was skipped, and which passed at a second try only.
 */
export default class OutcomeReporter {
  onTestModuleEnd(module) {
    const tests = [...module.children.allTests()];
    const failed = tests.filter((test) => test.result().state === 'failed').length;
    const seconds = (module.diagnostic().duration / 1000).toFixed(1);
    const verdict =
      module.state() === 'failed' ? `FAILED (${failed} of ${tests.length})` : `${tests.length} tests`;
    console.log(`${PROGRESS}  ${module.relativeModuleId}: ${verdict}, ${seconds} s`);
  }

  onTestRunEnd(modules, unhandledErrors) {
    const outcome = { passed: 0, failed: 0, skipped: [], triedAgain: [] };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, note, errors } = test.result();
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        if (state === 'passed' && test.diagnostic().flaky)
          outcome.triedAgain.push({ test: name, error: firstLines(errors?.[0]) });
        if (state === 'passed') outcome.passed += 1;
        else if (state === 'failed') outcome.failed += 1;
        else outcome.skipped.push({ test: name, reason: note ?? 'no reason given' });
      }
      // A file that cannot be loaded, or a hook that fails, counts once.
      outcome.failed += module.errors().length > 0 ? 1 : 0;
    }
    outcome.failed += unhandledErrors.length;
    const file = process.env.KM_TEST_OUTCOME;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(outcome));
  }
}

/** What went wrong, and where. */
const firstLines = (error) => (error?.stack ?? error?.message ?? '').split('\n').slice(0, 3).join(' ');

/** Starts a line that is meant for the person who waits. */
export const PROGRESS = '\u2022';
