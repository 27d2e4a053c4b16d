import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { isMember } from '../rehearsal/keycloak/realm';
import { hash } from '../rehearsal/minio/store';
import { PHANTOM } from '../rehearsal/live';
import { cannotRun } from '../tools/cannotRun';
import { postgresMissing } from './databases';
import { TAGS } from './metadata';
import { item, pause } from './stage';
import { kill, SERIES, seriesOf, wholeStage, type WholeStage } from './whole';

const ANSWERS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'opensearch-dev-mode': [
    ['User of the registry', 'robot'],
    ['Password:', 'SECRET-registry'],
  ],
  'assign-users': [
    ['Who gets access?', 'all'],
    ['Type yes:', 'yes'],
  ],
};

let missing: string | undefined;
beforeAll(async () => {
  missing = await postgresMissing();
}, 300_000);

/** Runs a step as a person would; what it says has no secret. */
async function runStep(at: WholeStage, step: string): Promise<void> {
  const answers = ANSWERS[step];
  const { code, said } = answers ? await at.runInTerminal(step, answers) : await at.run(step);
  if (code !== 0) throw new Error(`${step}: ${said}`);
  expect(said).not.toContain('SECRET');
}

async function expectGreen(at: WholeStage, step: string): Promise<void> {
  const { status, evidence, items } = await at.check(step);
  const amiss = items.filter(({ verdict }) => verdict === 'no-go' || verdict === 'unknown');
  expect({ step, status, evidence, amiss }).toMatchObject({
    status: expect.stringMatching(/^(done|not-needed)$/) as string,
  });
}

/** What a hospital must find again, asked of the services and the disk, not of the guide. */
async function expectNothingLost(at: WholeStage): Promise<void> {
  const { platform, machine } = at;
  const numbers = Array.from({ length: SERIES }, (_, index) => index + 1);
  const project = platform.opensearch().engine.index('project_admin');
  expect(project.size).toBe(SERIES + 1);
  expect(project.get(seriesOf(3))?.source[TAGS]).toEqual(['trial A', 'case 3']);
  expect([...platform.filter().assigned].sort()).toEqual([...numbers.map(seriesOf), PHANTOM.series].sort());
  expect(await platform.store.content('project-admin')).toEqual({
    'thumbnails/1.2.841.1.png': hash('one'),
    'thumbnails/1.2.841.2.png': hash('two'),
    'staticwebsiteresults/report/index.html': hash('<h1>Report</h1>'),
  });
  expect(await platform.store.content('uploads')).toEqual({ 'case 1/a.nii.gz': hash('an upload') });
  expect(isMember(platform.realm, 'system', 'kaapana_admin')).toBe(true);
  expect(platform.projects().members.size).toBe(3);
  for (const folder of ['postgres-backend', 'keycloak/db-files', 'postgres-airflow', 'postgres-dcm4che']) {
    expect(await readFile(join(machine.fastDataDir, folder, 'PG_VERSION'), 'utf8')).toBe('17\n');
    expect(existsSync(join(machine.fastDataDir, `${folder}.pg15`))).toBe(true);
  }
}

const secondsOf: Record<string, number> = {};

test(
  'the whole guide on one machine, from the first look to the acceptance',
  { timeout: 900_000 },
  async (context) => {
    if (missing) cannotRun(context, missing);
    const at = await wholeStage();
    for (const { id } of at.guide.steps) {
      const began = Date.now();
      await runStep(at, id);
      secondsOf[id] = (Date.now() - began) / 1000;
      await expectGreen(at, id);
    }
    await expectNothingLost(at);
    const sheet = await at.check('acceptance');
    expect(sheet.items.filter(({ verdict }) => verdict !== 'go').map(({ id }) => id)).toEqual(['dashboards']);
    expect(item(sheet, 'series').found).toContain(`${SERIES + 1} in the archive, ${SERIES} recorded before`);
    // Whoever checks everything at the end finds no step that has turned.
    const turned: string[] = [];
    for (const { id } of at.guide.steps) {
      const { status, evidence } = await at.check(id);
      if (!/^(done|not-needed)$/.test(status)) turned.push(`${id}: ${status}: ${evidence}`);
    }
    expect(turned).toEqual([]);
  },
);

test('the whole guide, each step killed and run again', { timeout: 900_000 }, async (context) => {
  if (missing) cannotRun(context, missing);
  const at = await wholeStage();
  for (const { id } of at.guide.steps) {
    const ended = at.run(id);
    const seconds = Math.random() * (secondsOf[id] ?? 1);
    await pause(seconds * 1000);
    await kill(at);
    await ended;
    const { status, evidence } = await at.check(id);
    expect({ id, seconds, status, evidence }).not.toMatchObject({ status: 'unknown' });
    await runStep(at, id);
    await expectGreen(at, id);
  }
  await expectNothingLost(at);
});
