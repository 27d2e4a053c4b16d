import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../rehearsal/machine';
import { postgresRoot } from './prepare.mjs';

export const REGISTRY = 'registry.clinic.example/kaapana';

/** The four images of the database migration, by the names that the settings have for them. */
export const IMAGES = {
  IMAGE_POSTGRES_OLD: `${REGISTRY}/postgres-15.6-alpine:0.3.5`,
  IMAGE_POSTGRES_NEW: `${REGISTRY}/postgres-17.2-alpine:0.4.1`,
  IMAGE_POSTGRES_DCM4CHE_OLD: `${REGISTRY}/dcm4che-postgres:0.3.5`,
  IMAGE_POSTGRES_DCM4CHE_NEW: `${REGISTRY}/dcm4che-postgres:0.4.1`,
} as const;

const contentOf = (image: string): string =>
  `${image.endsWith(':0.3.5') ? 15 : 17} ${image.includes('dcm4che') ? 'dcm4che' : 'postgres'}\n`;

/** Puts an image where the stand-in of docker finds it: on the host, or in the registry. */
export async function putImage(machine: Machine, where: 'images' | 'registry', image: string): Promise<void> {
  const folder = join(machine.state, 'docker', where);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, image.replaceAll('/', '%')), contentOf(image));
}

/** Tells the stand-in of docker where PostgreSQL is, and puts all images into the registry and, if wanted, on the host. */
export async function layDocker(
  machine: Machine,
  { pulled = true }: { readonly pulled?: boolean } = {},
): Promise<void> {
  await mkdir(join(machine.state, 'docker/roots'), { recursive: true });
  await mkdir(join(machine.state, 'docker/hooks'), { recursive: true });
  for (const version of [15, 17] as const)
    await writeFile(join(machine.state, 'docker/roots', String(version)), postgresRoot(version));
  for (const image of Object.values(IMAGES)) {
    await putImage(machine, 'registry', image);
    if (pulled) await putImage(machine, 'images', image);
  }
}
