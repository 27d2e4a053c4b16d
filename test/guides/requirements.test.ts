import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ItemVerdict } from '../../src/migration/check';
import type { MachineOptions } from '../rehearsal/machine';
import { putObject, putRelease } from '../rehearsal/platform';
import { item, stage, type Stage } from './stage';

const run = promisify(execFile);
const STEP = 'requirements';

/** What a change of the host does to one line of the list. */
interface Trap {
  readonly name: string;
  readonly options?: MachineOptions;
  readonly change?: (at: Stage) => Promise<unknown>;
  readonly id: string;
  readonly verdict: ItemVerdict;
  readonly found: RegExp;
  readonly remedy: RegExp;
}

const state = (at: Stage, name: string, text = '') => writeFile(join(at.machine.state, name), text);
const script = (at: Stage, name: string) => join(at.machine.home, 'kaapana', name);

const TRAPS: readonly Trap[] = [
  {
    name: 'the editor runs inside the platform',
    change: (at) => Promise.resolve((at.env['KUBERNETES_SERVICE_HOST'] = '10.152.183.1')),
    id: 'place',
    verdict: 'no-go',
    found: /inside a pod/,
    remedy: /Connect to the host itself/,
  },
  {
    name: 'another operating system',
    change: (at) => writeFile(join(at.machine.root, 'etc/os-release'), 'PRETTY_NAME="Arch Linux"\nID=arch\n'),
    id: 'os',
    verdict: 'note',
    found: /Arch Linux/,
    remedy: /Ubuntu 20\.04 and 22\.04 and AlmaLinux 9/,
  },
  {
    name: 'tools are missing',
    options: { absent: ['curl', 'nslookup', 'script'] },
    id: 'tools',
    verdict: 'no-go',
    found: /missing: script, curl, nslookup/,
    remedy: /install (bsdutils|util-linux) curl (dnsutils|bind-utils)/,
  },
  {
    name: 'sudo is refused',
    options: { sudo: 'refused' },
    id: 'root',
    verdict: 'no-go',
    found: /not in the sudoers file/,
    remedy: /may use sudo/,
  },
  {
    name: 'sudo wants a password and there is no terminal',
    options: { sudo: 'password' },
    id: 'root',
    verdict: 'unknown',
    found: /only the terminal can take/,
    remedy: /in the terminal/,
  },
  {
    name: 'logged in as root',
    options: { asRoot: true },
    id: 'user',
    verdict: 'no-go',
    found: /refuse to run as root/,
    remedy: /who deployed the platform/,
  },
  {
    name: 'KUBECONFIG is set',
    change: (at) => Promise.resolve((at.env['KUBECONFIG'] = '/tmp/config')),
    id: 'user',
    verdict: 'no-go',
    found: /KUBECONFIG/,
    remedy: /log in again/,
  },
  {
    name: 'the user is not in the group microk8s',
    change: (at) => state(at, 'groups', 'kaapana sudo'),
    id: 'user',
    verdict: 'no-go',
    found: /not in the group microk8s/,
    remedy: /usermod -aG microk8s kaapana/,
  },
  {
    name: 'a home directory elsewhere',
    change: (at) => Promise.resolve((at.env['HOME'] = join(at.machine.root, 'root'))),
    id: 'user',
    verdict: 'no-go',
    found: /wants \/home\/kaapana/,
    remedy: /below \/home/,
  },
  {
    name: 'little memory',
    change: (at) => writeFile(join(at.machine.root, 'proc/meminfo'), 'MemTotal: 16000000 kB\n'),
    id: 'memory',
    verdict: 'note',
    found: /16\.4 GB/,
    remedy: /64 GB/,
  },
  {
    name: 'MicroK8s of another channel',
    change: (at) => state(at, 'snap/microk8s', 'v1.31.3 7394 1.31/stable'),
    id: 'snap',
    verdict: 'note',
    found: /1\.31\/stable/,
    remedy: /before the platform goes down/,
  },
  {
    name: 'snap hangs',
    options: { hanging: ['snap'] },
    id: 'snap',
    verdict: 'no-go',
    found: /snap gave no answer within 1 seconds/,
    remedy: /snapd runs/,
  },
  {
    name: 'kubectl hangs',
    options: { hanging: ['microk8s.kubectl'] },
    id: 'kubectl',
    verdict: 'no-go',
    found: /gave no answer within 1 seconds/,
    remedy: /microk8s status/,
  },
  {
    name: 'several nodes',
    change: (at) =>
      putObject(at.machine, 'node', '_', 'worker', { status: { nodeInfo: { kubeletVersion: 'v1.28.15' } } }),
    id: 'kubectl',
    verdict: 'no-go',
    found: /2 nodes/,
    remedy: /one host/,
  },
  {
    name: 'helm hangs',
    options: { hanging: ['helm'] },
    id: 'version',
    verdict: 'unknown',
    found: /helm: helm gave no answer/,
    remedy: /Solve that first/,
  },
  {
    name: 'helm of another major version',
    change: (at) => state(at, 'helm-version', 'v4.0.1+g12500dd\n'),
    id: 'helm',
    verdict: 'note',
    found: /v4\.0\.1/,
    remedy: /written for helm 3/,
  },
  {
    name: 'docker is not installed',
    options: { absent: ['docker'] },
    id: 'docker',
    verdict: 'no-go',
    found: /not installed/,
    remedy: /install docker\.io/,
  },
  {
    name: 'the docker daemon does not run',
    change: (at) => state(at, 'docker-down'),
    id: 'docker',
    verdict: 'no-go',
    found: /Cannot connect to the Docker daemon/,
    remedy: /systemctl start docker/,
  },
  {
    name: 'docker hangs',
    options: { hanging: ['docker'] },
    id: 'docker',
    verdict: 'no-go',
    found: /gave no answer/,
    remedy: /uses it as root/,
  },
  {
    name: 'another version is installed',
    options: { platform: { version: '0.3.4' } },
    id: 'version',
    verdict: 'no-go',
    found: /0\.3\.4; this guide starts at 0\.3\.5/,
    remedy: /Bring the platform to 0\.3\.5/,
  },
  {
    name: 'a build of the site',
    options: { platform: { version: '0.3.5-12-gabc1234' } },
    id: 'version',
    verdict: 'note',
    found: /0\.3\.5-12-gabc1234, a build of your own/,
    remedy: /Compare its charts/,
  },
  {
    name: 'no platform',
    options: { platform: false },
    id: 'version',
    verdict: 'no-go',
    found: /knows no release kaapana-admin-chart/,
    remedy: /right host/,
  },
  {
    name: 'development mode',
    options: { platform: { devMode: true } },
    id: 'dev-mode',
    verdict: 'note',
    found: /no password policy/,
    remedy: /Not needed for the migration/,
  },
  {
    name: 'several instances',
    options: { platform: { instanceUid: 'ward7' } },
    id: 'instance',
    verdict: 'no-go',
    found: /INSTANCE_UID=ward7/,
    remedy: /does not support several instances/,
  },
  {
    name: 'network storage',
    options: { platform: { enableNfs: true } },
    id: 'nfs',
    verdict: 'no-go',
    found: /ENABLE_NFS/,
    remedy: /folders of the host/,
  },
  {
    name: 'helm and the volumes disagree on the data folder',
    options: { platform: { fastDataDirInHelm: '/home/kaapana' } },
    id: 'data-dirs',
    verdict: 'no-go',
    found: /helm says \/home\/kaapana and .*the volumes say .*\/data\/fast/,
    remedy: /Find out which is right/,
  },
  {
    name: 'the data disk is not mounted',
    change: ({ machine }) => rename(machine.slowDataDir, join(machine.root, 'data/elsewhere')),
    id: 'data-dirs',
    verdict: 'no-go',
    found: /\/data\/slow does not exist/,
    remedy: /mounted/,
  },
  {
    name: 'databases that were migrated already',
    change: ({ machine }) => writeFile(join(machine.fastDataDir, 'postgres-airflow/PG_VERSION'), '17\n'),
    id: 'databases',
    verdict: 'no-go',
    found: /postgres-airflow 17/,
    remedy: /Do not start over/,
  },
  {
    name: 'a database that an earlier try has lost',
    change: ({ machine }) => rm(join(machine.fastDataDir, 'keycloak/db-files'), { recursive: true }),
    id: 'databases',
    verdict: 'no-go',
    found: /keycloak missing/,
    remedy: /look at the backups first/,
  },
  {
    name: 'a database of an extension',
    change: async ({ machine }) => {
      await mkdir(join(machine.fastDataDir, 'postgres-doccano'));
      await writeFile(join(machine.fastDataDir, 'postgres-doccano/PG_VERSION'), '15\n');
    },
    id: 'databases-other',
    verdict: 'note',
    found: /postgres-doccano/,
    remedy: /Dump them yourself/,
  },
  {
    name: 'foreign releases, namespaces and volumes',
    change: async ({ machine }) => {
      await putRelease(machine, 'lab', 'openmrs', 'openmrs-1.0.0');
      await putObject(machine, 'ns', '_', 'lab');
      await putObject(machine, 'pv', '_', 'pvc-77', {
        spec: { hostPath: { path: '/var/snap/microk8s/common/default-storage/x' } },
      });
    },
    id: 'foreign',
    verdict: 'no-go',
    found: /namespace lab, helm release openmrs in lab, volume pvc-77/,
    remedy: /deleted without a question/,
  },
  {
    name: 'running workflows',
    options: { platform: { runningDags: 3 } },
    id: 'dags',
    verdict: 'note',
    found: /3 running or queued/,
    remedy: /must have ended/,
  },
  {
    name: 'a workflow database that answers nonsense',
    change: (at) => state(at, 'exec/services/postgres-airflow', 'echo "psql: error"\n'),
    id: 'dags',
    verdict: 'unknown',
    found: /gave no number/,
    remedy: /postgres-airflow/,
  },
  {
    name: 'images that wait in the receiver',
    change: async ({ machine }) => {
      await mkdir(join(machine.fastDataDir, 'ctp/incoming/.quarantines'));
      for (const name of ['1.dcm', '2.dcm', '.quarantines/old.dcm'])
        await writeFile(join(machine.fastDataDir, 'ctp/incoming', name), '');
    },
    id: 'ctp',
    verdict: 'note',
    found: /2 files/,
    remedy: /Stop the senders/,
  },
  {
    name: 'a host name that nobody knows',
    change: (at) => state(at, 'dns'),
    id: 'name',
    verdict: 'no-go',
    found: /pacs01\.clinic\.example is not known/,
    remedy: /DNS/,
  },
  {
    name: 'a small disk for /var/snap',
    change: (at) => state(at, 'disks', `${at.machine.root}\t70000000\t60000000\n`),
    id: 'disk-snap',
    verdict: 'no-go',
    found: /71\.7 GB in total; .* wants 83\.9 GB/,
    remedy: /Enlarge/,
  },
  {
    name: 'no room for the database migration',
    change: (at) => state(at, 'disks', `${at.machine.root}\t90000000\t900\n`),
    id: 'disk-work',
    verdict: 'no-go',
    found: /921\.6 kB free, .* needed, together with the other folder/,
    remedy: /Make room/,
  },
  {
    name: 'a work folder inside the data',
    change: (at) => at.set({ WORK_DIR: join(at.machine.fastDataDir, 'work') }),
    id: 'disk-work',
    verdict: 'no-go',
    found: /lies inside the data folder/,
    remedy: /outside the data folders/,
  },
  {
    name: 'a relative backup folder',
    change: (at) => at.set({ BACKUP_DIR: 'backup' }),
    id: 'disk-backup',
    verdict: 'no-go',
    found: /not an absolute path/,
    remedy: /outside the data folders/,
  },
  {
    name: 'a backup folder on the disk of the data',
    change: (at) => at.set({ BACKUP_DIR: join(at.machine.root, 'data/backup') }),
    id: 'disk-backup',
    verdict: 'note',
    found: /it is the disk of the data/,
    remedy: /takes both/,
  },
  {
    name: 'no script for the way back',
    options: { scripts: ['0.4.1'] },
    id: 'deploy-old',
    verdict: 'no-go',
    found: /no deploy script of 0\.3\.5/,
    remedy: /way back/,
  },
  {
    name: 'only the 0.4.0 script that the guide names',
    options: { scripts: ['0.3.5', '0.4.0'] },
    id: 'deploy-new',
    verdict: 'no-go',
    found: /0\.4\.0, which cannot take the metadata back/,
    remedy: /0\.4\.1 or a later 0\.4.*deletes all metadata/,
  },
  {
    name: 'a script of a version that this guide does not lead to',
    options: { scripts: ['0.3.5', '0.5.0'] },
    id: 'deploy-new',
    verdict: 'no-go',
    found: /not for this guide: .*0\.5\.0/,
    remedy: /registry owner/,
  },
  {
    name: 'several new scripts: the newest 0.4 counts',
    options: { scripts: ['0.3.5', '0.4.0', '0.4.1', '0.4.2'] },
    id: 'deploy-new',
    verdict: 'go',
    found: /deploy_0\.4\.2\.sh \(0\.4\.2\)\. The 0\.4\.0 script beside it is not used/,
    remedy: /^$/,
  },
  {
    name: 'a script under a name that says something else',
    change: (at) => rename(script(at, 'deploy_0.4.1.sh'), script(at, 'deploy:platform_0.4.0 (final).sh')),
    id: 'deploy-new',
    verdict: 'go',
    found: /deploy:platform_0\.4\.0 \(final\)\.sh \(0\.4\.1\)/,
    remedy: /^$/,
  },
  {
    name: 'a script that was cut off while it was fetched',
    change: async (at) =>
      writeFile(
        script(at, 'deploy_0.4.1.sh'),
        (await readFile(script(at, 'deploy_0.4.1.sh'), 'utf8')).slice(0, -200),
      ),
    id: 'deploy-damaged',
    verdict: 'no-go',
    found: /deploy_0\.4\.1\.sh: bash cannot read it to the end/,
    remedy: /Fetch it again/,
  },
  {
    name: 'a scripts folder that is not there',
    change: (at) => at.set({ SCRIPTS_DIR: '/nowhere' }),
    id: 'deploy-new',
    verdict: 'no-go',
    found: /\/nowhere is not a folder/,
    remedy: /Choose the folder/,
  },
  {
    name: 'a new script that would start on another folder',
    change: async (at) => {
      const text = await readFile(script(at, 'deploy_0.4.1.sh'), 'utf8');
      await writeFile(
        script(at, 'deploy_0.4.1.sh'),
        text.replace(/^FAST_DATA_DIR=.*/m, 'FAST_DATA_DIR="/home/kaapana"'),
      );
    },
    id: 'deploy-values',
    verdict: 'no-go',
    found: /FAST_DATA_DIR is \/home\/kaapana there/,
    remedy: /starts empty/,
  },
  {
    name: 'a new script with another port',
    change: async (at) => {
      const text = await readFile(script(at, 'deploy_0.4.1.sh'), 'utf8');
      await writeFile(
        script(at, 'deploy_0.4.1.sh'),
        text.replace('DICOM_PORT="11112"', 'DICOM_PORT="104"   # as the scanners have it'),
      );
    },
    id: 'deploy-values',
    verdict: 'note',
    found: /DICOM_PORT is 104 there, 11112 now/,
    remedy: /unless the change is intended/,
  },
];

test('a host in order is a go, with what was found', async () => {
  const at = await stage(STEP);
  const result = await at.check();
  expect(result.items.filter(({ verdict }) => verdict === 'no-go' || verdict === 'unknown')).toEqual([]);
  expect(result).toMatchObject({ status: 'done', evidence: 'Go: 26 items in order, 3 notes.' });
  expect(item(result, 'tools').found).toMatch(/bash 5.*coreutils \d.*util-linux \d.*jq 1.*curl \d/);
  expect(item(result, 'data-dirs').found).toBe(
    `fast: ${at.machine.fastDataDir}, slow: ${at.machine.slowDataDir}`,
  );
  expect(item(result, 'version').found).toBe('0.3.5');
});

describe('what stands in the way is told with its remedy', () => {
  test.each(TRAPS)('$name', async ({ options, change, id, verdict, found, remedy }) => {
    const at = await stage(STEP, options);
    // What hangs is waited for; a second is enough here, and too little only for a tool that hangs.
    if (options?.hanging) at.env['KM_TIMEOUT'] = '1';
    await change?.(at);
    const result = await at.check();
    const line = item(result, id);
    expect(line).toMatchObject({
      verdict,
      found: expect.stringMatching(found) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
    if (verdict === 'no-go') expect(result.status).toBe('blocked');
    if (verdict === 'unknown') expect(['unknown', 'blocked']).toContain(result.status);
    if (verdict === 'note') expect(result.status).toBe('done');
    for (const each of result.items.filter((other) => other.verdict !== 'go'))
      expect(each.remedy).not.toBe('');
  });
});

test('without jq, what helm answers is unknown, and the volumes still say where the data is', async () => {
  const at = await stage(STEP, { absent: ['jq'] });
  const result = await at.check();
  expect(result.status).toBe('blocked');
  expect(item(result, 'tools').remedy).toMatch(/install jq/);
  expect(item(result, 'version')).toMatchObject({
    verdict: 'unknown',
    found: expect.stringContaining('jq is missing') as string,
  });
  expect(item(result, 'data-dirs')).toMatchObject({
    verdict: 'go',
    found: expect.stringContaining(at.machine.fastDataDir) as string,
  });
});

test('when everything hangs, the check still ends with an answer for each item', async () => {
  const at = await stage(STEP, { hanging: ['snap', 'helm', 'microk8s.kubectl', 'docker', 'nslookup', 'jq'] });
  at.env['KM_TIMEOUT'] = '1';
  const result = await at.check();
  expect(result.status).toBe('blocked');
  expect(result.items.length).toBeGreaterThan(15);
});

describe('the terminal', () => {
  test('shows the same list, aligned, and ends with what must be solved first', async () => {
    const at = await stage(STEP, {
      absent: ['docker'],
      scripts: ['0.3.5', '0.4.0'],
      platform: { devMode: true },
    });
    const { code, output } = await at.run('run');
    expect(code).toBe(1);
    expect(output).toMatch(/^ {2}no-go {4}Docker {20}docker is not installed/m);
    expect(output).toMatch(/^ {2}go {7}Kaapana version {11}0\.3\.5$/m);
    const [, summary = ''] = output.split(/NO-GO: 2 items of \d+ must be solved first\./);
    const order = [...summary.matchAll(/^ {2}(no-go|unknown|note) /gm)].map(([, verdict]) => verdict);
    expect(order.slice(0, 2)).toEqual(['no-go', 'no-go']);
    expect(order).toEqual([...order].sort((a = '', b = '') => Number(a === 'note') - Number(b === 'note')));
    expect(summary).toMatch(/no-go {4}Docker: .*\n {11}The database migration needs it/);
    expect(output).not.toContain('\u001b');
  });

  test('asks for the password once and then leaves nothing unknown', async () => {
    const at = await stage(STEP, { sudo: 'password' });
    const { code, output } = await at.runInTerminal('run', [['[sudo] password', 'rehearsal']]);
    expect(output.match(/\[sudo\] password/g)).toHaveLength(1);
    expect(output).not.toMatch(/^ {2}unknown/m);
    expect(code).toBe(0);
  });
});

test('nothing is changed on the host', async () => {
  const at = await stage(STEP);
  const portrait = async () =>
    (await run('find', [at.machine.root, '-printf', '%p %y %m %U %s %T@ %l\\n'], { maxBuffer: 1e8 })).stdout;
  const before = await portrait();
  await at.run('run');
  await at.check();
  expect(await portrait()).toBe(before);
});

test("none of the platform's passwords is shown", async () => {
  const at = await stage(STEP);
  await appendFile(
    join(at.machine.home, 'kaapana/deploy_0.4.1.sh'),
    '\nKEYCLOAK_ADMIN_PASSWORD="SECRET-script"\n',
  );
  const said = [await at.run('run'), await at.run('check')]
    .map(({ output, errors }) => output + errors)
    .join('');
  expect(said).not.toContain('SECRET');
});

test('the answer stays one valid line, whatever the names on the host are', async () => {
  const at = await stage(STEP);
  const odd = join(at.machine.home, 'kaapana', 'it\'s "new" \\ $(id) ü\ttab');
  await mkdir(odd);
  await rename(script(at, 'deploy_0.4.1.sh'), join(odd, 'deploy.sh'));
  await chmod(odd, 0o755);
  const { output } = await at.run('check');
  expect(output.trimEnd().split('\n')).toHaveLength(1);
  const result = await at.check();
  expect(result.status).toBe('done');
  expect(item(result, 'deploy-new').found).toContain('it\'s "new" \\ $(id) ü');
});
