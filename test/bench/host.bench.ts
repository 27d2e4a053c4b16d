import { measureCalls, measureLaunch } from './calls';
import { HostBench } from './host-bench';
import { measureLog, measureRefresh } from './looks';
import type { Measurement } from './measure';
import { measureReattach } from './reattach';

const PARTS = [measureCalls, measureLaunch, measureReattach, measureRefresh, measureLog];

/** Measures what an admin waits for, over a real OpenSSH server. */
export async function measureHost(): Promise<Measurement[]> {
  const bench = await HostBench.open();
  try {
    const measured: Measurement[] = [];
    for (const part of PARTS) measured.push(...(await part(bench)));
    return measured;
  } finally {
    await bench.close();
  }
}
