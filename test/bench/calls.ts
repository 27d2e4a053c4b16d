import { run } from '../../src/host/exec';
import { SMALL, TRIVIAL, type HostBench } from './host-bench';
import { against, rounds, type Measurement } from './measure';

/** What a call over the shared connection may take, in bare `ssh host true`. */
const CALL_BUDGET = 1.2;

/** A look and a check, against ssh alone: over the shared connection and over one of its own. */
export async function measureCalls({ host, runner, bare }: HostBench): Promise<Measurement[]> {
  const alone = ['-F', host.sshConfigFile, '-o', 'BatchMode=yes', '-o', 'ControlPath=none', host.alias];
  const taken = await rounds(
    {
      bare,
      status: () => runner.status(SMALL),
      check: () => runner.check(SMALL, 'work', TRIVIAL.command),
      alone: () => run('ssh', [...alone, 'true']),
    },
    { times: 25, warmUp: 3 },
  );
  const shared = { what: 'bare ssh', taken: taken.bare };
  const fresh = { what: 'ssh that connects anew', taken: taken.alone };
  return [
    against('Status of a run', taken.status, shared, CALL_BUDGET),
    against('Status of a run', taken.status, fresh),
    against('Check of a step', taken.check, shared, CALL_BUDGET),
    against('Check of a step', taken.check, fresh),
  ];
}

/** From the request to a job that runs. Each launch has a run of its own, so that none waits for the one before. */
export async function measureLaunch(bench: HostBench): Promise<Measurement[]> {
  let round = 0;
  const { bare, launch } = await rounds(
    {
      bare: bench.bare,
      launch: () => bench.start(`launch-${++round}`),
      // Its end is awaited so that it does not disturb the next round.
      end: () => bench.ended(`launch-${round}`),
    },
    { times: 10, warmUp: 2 },
  );
  return [against('Launch of a step until its job runs', launch, { what: 'bare ssh', taken: bare })];
}
