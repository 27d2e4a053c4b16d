import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { startKeycloak, type Keycloak, type KeycloakOptions } from '../rehearsal/keycloak/server';
import type { MachineOptions } from '../rehearsal/machine';
import { prepareStage, stage, type Stage } from './stage';

export interface KeycloakStage extends Stage {
  readonly keycloak: Keycloak;
}

const shared = new Map<string, Promise<Stage>>();
afterAll(async () => {
  for (const at of shared.values()) await (await at).machine.remove();
});

/** A machine that the tests of a file take turns with, as it was before. */
async function turn(step: string, version: string): Promise<Stage> {
  const key = `${step} ${version}`;
  shared.set(key, shared.get(key) ?? prepareStage(step, { platform: { version } }));
  const at = await shared.get(key)!;
  Object.assign(at.env, at.machine.env);
  for (const left of [
    'home/kaapana/.local',
    'state/watched',
    'state/exec/admin',
    'state/exec/services/access-information-point',
  ])
    await rm(join(at.machine.root, left), { recursive: true, force: true });
  return at;
}

/** A stage with a fresh Keycloak of the platform's version; a machine of its own only where it is to be special. */
export async function keycloakStage(
  step: string,
  options: KeycloakOptions = {},
  machine?: MachineOptions,
): Promise<KeycloakStage> {
  const version = options.version ?? '0.3.5';
  const at = await (machine ? stage(step, { platform: { version }, ...machine }) : turn(step, version));
  const keycloak = await startKeycloak(at.machine, options);
  onTestFinished(keycloak.stop);
  return { ...at, keycloak };
}
