import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guide, Step } from '../../src/migration/guide';

/** The check of a step that is done when a file is in the home folder. */
export const isDone = (file: string): string =>
  `check() { if [ -e "$HOME/${file}" ]; then echo '{"status":"done","evidence":"${file} is there."}'; else echo '{"status":"pending","evidence":"${file} is not there."}'; fi; }`;

/** A step that makes a file in the home folder, and is done when that is there. */
export const drillStep = (
  id: string,
  title: string,
  run: string | undefined,
  over: Partial<Step> = {},
): Step => ({
  id,
  title,
  section: 'drill',
  covers: [],
  why: 'Because it is practised here.',
  does: `Makes the file ${id} in the home directory.`,
  risk: 'changing',
  optional: false,
  endsEditor: false,
  reboots: false,
  pointOfNoReturn: false,
  needs: { steps: [] },
  duration: 'under 1 min',
  uses: [],
  libs: [],
  undo: 'Remove the file.',
  links: [],
  ...(run === undefined
    ? {}
    : { script: `${isDone(id)}\nrun() { ${run}; touch "$HOME/${id}"; }\nundo() { rm "$HOME/${id}"; }\n` }),
  ...over,
});

/** A guide with one step of each kind. Its bash needs nothing of a platform. */
export const DRILL: Guide = {
  id: '0.3.5-to-0.4.1',
  from: '0.3.5',
  to: '0.4.1',
  title: 'Drill',
  parameters: [],
  sections: [{ id: 'drill', title: 'Drill' }],
  lib: 'km_main() { "$@"; }\n',
  libs: {},
  steps: [
    drillStep(
      'asked',
      'Ask a question',
      'read -rs -p "Password of the drill: " secret; [ "$secret" = hush ]',
    ),
    drillStep(
      'walked',
      'Take a long walk',
      'for n in 1 2 3 4; do printf "%d\\t4\\tmiles\\n" "$n" >"$KM_PROGRESS"; echo "mile $n"; while [ ! -e "$HOME/mile-$n" ]; do sleep 0.1; done; done',
    ),
    drillStep('razed', 'Raze the old', 'echo "razing"', { risk: 'destructive', needs: { steps: ['asked'] } }),
    drillStep('down', 'Take the platform down', 'echo "down"', { endsEditor: true }),
    drillStep('restarted', 'Restart the host', 'echo "restarting"', { reboots: true }),
    drillStep('paper', 'Do it on paper', undefined),
  ],
};

/** The file of the one guide that an installed extension opens. */
export async function installedGuide(extensionsFolder: string): Promise<string> {
  const [folder] = (await readdir(extensionsFolder)).filter((name) => name.includes('kaapana-migration'));
  if (folder === undefined) throw new Error(`The extension is not installed in ${extensionsFolder}.`);
  return join(extensionsFolder, folder, 'dist/guides/0.3.5-to-0.4.1.json');
}

/** Puts the drill, or one of a test's own, in the place of that guide: every kind of step can be met in minutes. */
export async function installDrill(extensionsFolder: string, drill = DRILL): Promise<void> {
  const file = await installedGuide(extensionsFolder);
  await readFile(file);
  await writeFile(file, JSON.stringify(drill));
}
