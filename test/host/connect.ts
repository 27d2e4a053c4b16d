import { randomUUID } from 'node:crypto';
import { runnerText } from '../../src/build/runner';
import { LocalTransport } from '../../src/host/local';
import { Runner, type StartRequest } from '../../src/host/runner';
import { SshTransport } from '../../src/host/ssh';
import type { Transport } from '../../src/host/transport';
import type { Guide, WrittenStep } from '../../src/migration/guide';
import { compose, type Command } from '../../src/migration/command';
import { planOf } from '../../src/migration/plan';
import { foldRun, type RunStatus, type StepStatus } from '../../src/migration/run';
import { guide, step } from '../migration/fixtures';
import type { RehearsalHost } from '../rehearsal/host';

/** The runner's text, as the extension ships it. */
export const RUNNER = await runnerText();

export const sshTo = (host: RehearsalHost): Promise<SshTransport> =>
  SshTransport.create(host.alias, { sshPath: 'ssh', configFile: host.sshConfigFile });

export const runnerOver = (transport: Transport, script = RUNNER): Runner =>
  new Runner(transport, script, 'host test');

export { LocalTransport };

/** A guide with one step, whose bash functions the test writes. The check reads the file that `run` leaves behind. */
export function guideRunning(run: string, check = DONE_WHEN_THERE): { guide: Guide; command: Command } {
  const written = step('work', { script: `run() { ${run}\n}\ncheck() { ${check}\n}\n` }) as WrittenStep;
  const whole = { ...guide(written), id: '1.0-to-2.0' };
  return { guide: whole, command: compose(whole, written, {}) };
}

export const DONE_WHEN_THERE = `if [ -e "$HOME/result" ]; then echo '{"status":"done","evidence":"The result is there."}'
else echo '{"status":"pending","evidence":"There is no result."}'; fi`;

/** The state of the guide's one step, as any editor sees it. */
export async function look(
  runner: Runner,
  { guide }: { guide: Guide },
): Promise<StepStatus & { run: RunStatus }> {
  const run = foldRun(guide, await runner.status(guide.id));
  return { ...run.steps[0]!, run };
}

/** What starts the guide's one step, as an editor would ask for it. */
export const startRequest = (
  { guide, command }: { guide: Guide; command: Command },
  over: Partial<StartRequest> = {},
): StartRequest => ({
  run: guide.id,
  step: 'work',
  kind: { mode: 'run', reboots: false },
  token: randomUUID(),
  command,
  plan: planOf(guide),
  acceptPlan: false,
  takeOver: false,
  ...over,
});

/** Waits until something holds; the test's own timeout ends a wait in vain. */
export async function until<T>(get: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await get();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
