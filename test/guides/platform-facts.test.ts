import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { guideIds, readGuide } from '../../src/build/guides';
import { parsePatches } from '../../src/migration/patches';
import { tellsPatches } from '../../src/migration/permission';
import { oldStage } from './metadata';
import { loadedGuide, type Stage } from './stage';

const LIB = join(import.meta.dirname, '../../src/guides');

/** The list of Jobs that a step's script waits for, by the name of its array. */
async function jobsOf(array: string, libraries: string): Promise<string[]> {
  const script = `. ${LIB}/lib.sh; km_use ${libraries}; printf '%s\\n' "\${${array}[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script]);
  return stdout.trim().split('\n').sort();
}

describe('steps that wait for the platform', () => {
  test.each([
    ['0.3.5-to-0.4.1', 'deploy-platform', 'KM_JOBS_NEW', 'cluster scripts databases deploy'],
    [
      '0.1.3-to-0.2.2',
      'first-deploy',
      'JOBS_022',
      'cluster scripts databases deploy old-platform old-scripts new-platform',
    ],
    [
      '0.1.3-to-0.2.2',
      'second-deploy',
      'JOBS_022',
      'cluster scripts databases deploy old-platform old-scripts new-platform',
    ],
  ])('%s, %s: the guide names the Jobs that its script waits for', async (id, step, array, libraries) => {
    const loaded = await readGuide(id);
    const { awaits } = ('guide' in loaded && loaded.guide.steps.find((each) => each.id === step)) || {};
    expect([...(awaits ?? [])].sort()).toEqual(await jobsOf(array, libraries));
  });

  test('are those that deploy', async () => {
    const guides = await Promise.all((await guideIds()).map((id) => readGuide(id)));
    const waiting = guides
      .flatMap((loaded) => ('guide' in loaded ? loaded.guide.steps : []))
      .filter(({ script = '' }) => /km_wait_ready|np_deploy/.test(script));
    expect(waiting.map(({ id, awaits }) => [id, awaits !== undefined])).toEqual([
      ['first-deploy', true],
      ['second-deploy', true],
      ['deploy-platform', true],
    ]);
  });
});

describe('steps that patch objects', () => {
  const patchesOf = async (at: Stage) => {
    const { output, errors, code } = await at.run('patches');
    return parsePatches({ output, errors, exitCode: code ?? -1 });
  };

  test('say beforehand what they change', async () => {
    const telling = (await loadedGuide()).steps.filter(tellsPatches).map(({ id }) => id);
    expect(telling).toEqual(['opensearch-config', 'opensearch-deployment']);
  });

  test('opensearch-config: exactly the change that its run makes, and nothing once it is made', async () => {
    const at = await oldStage('opensearch-config');
    const said = await patchesOf(at);
    expect(said).toMatchObject([
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'services', name: 'os-config' },
    ]);
    const { data } = said[0]!.patch as { data: Record<string, string> };
    expect(data['opensearch.yml']).toContain('path.repo: ["/usr/share/opensearch/logs"]');
    expect((await at.check()).status).toBe('pending');
    await at.run('run');
    const file = join(at.machine.state, 'k8s/cm/services/os-config.json');
    const after = JSON.parse(await readFile(file, 'utf8')) as { data: Record<string, string> };
    expect(after.data['opensearch.yml']).toBe(data['opensearch.yml']);
    expect(await patchesOf(at)).toEqual([]);
  });

  test('opensearch-deployment: mounts the file and changes nothing by saying so', async () => {
    const at = await oldStage('opensearch-deployment');
    const [said] = await patchesOf(at);
    expect(said).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'opensearch-de' });
    expect(JSON.stringify(said?.patch)).toContain('"subPath":"opensearch.yml"');
    expect(await readFile(join(at.machine.state, 'calls'), 'utf8').catch(() => '')).not.toMatch(
      /patch|scale/,
    );
  });
});
