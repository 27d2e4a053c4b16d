import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A vitest reporter for `npm test`: one line a test file while it runs, and at the end the outcome as JSON in the file
 * that KM_TEST_OUTCOME names, by test file. Unlike vitest's own it keeps why a test was skipped.
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
    const outcome = { files: {}, unhandled: unhandledErrors.length };
    for (const module of modules) {
      const file = { passed: 0, failed: [], skipped: [] };
      outcome.files[module.relativeModuleId] = file;
      for (const test of module.children.allTests()) {
        const { state, note, errors } = test.result();
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        if (state === 'passed') file.passed += 1;
        else if (state === 'failed') file.failed.push({ test: name, error: firstLines(errors?.[0]) });
        else file.skipped.push({ test: name, reason: note ?? 'no reason given' });
      }
      // A file that cannot be loaded, or a hook that fails, counts once.
      const [error] = module.errors();
      if (error) file.failed.push({ test: module.relativeModuleId, error: firstLines(error) });
    }
    const path = process.env.KM_TEST_OUTCOME;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(outcome));
  }
}

/** What went wrong, and where. */
const firstLines = ({ message = '', stack = '' } = {}) => {
  // The stack of a test that took too long does not begin with its message.
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return [message.split('\n')[0], ...places.slice(0, 2)].join(' ');
};

/** Starts a line that is meant for the person who waits. */
export const PROGRESS = '\u2022';
