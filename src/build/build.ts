import { copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { rulePages } from '../dags/report/pages';
import { SITE_SCHEMA } from '../dags/site/schema';
import { describeProblem } from '../migration/loadGuide';
import { guideIds, readGuide, readTranslations } from './guides';
import { bundledPackages, notices } from './notices';
import { runnerText } from './runner';

const ROOT = join(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');

const NODE: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
  legalComments: 'none',
};

/**
 * Bundles of their own, which the extension loads when it needs them: the first Python file, program, Platform view.
 * The translations are loaded once for all of them.
 */
const LAZY: Plugin = {
  name: 'lazy',
  setup: (builder) =>
    builder.onResolve(
      { filter: /^(\.\/languageClient|\.\/host\/cluster|execa|@vscode\/l10n)$/ },
      ({ path }) => ({
        path: `./${basename(path)}.cjs`,
        external: true,
      }),
    ),
};

/** Each bundle with what it may weigh, in kilobytes. What loads at activation stays small; the rest loads when used. */
const BUNDLES: readonly (BuildOptions & { outfile: string; budget: number })[] = [
  {
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.cjs',
    external: ['vscode'],
    plugins: [LAZY],
    budget: 250,
  },
  {
    entryPoints: ['src/editor/dags/languageClient.ts'],
    outfile: 'dist/languageClient.cjs',
    external: ['vscode'],
    budget: 500,
  },
  { entryPoints: ['node_modules/execa/index.js'], outfile: 'dist/execa.cjs', budget: 150 },
  { entryPoints: ['src/host/cluster.ts'], outfile: 'dist/cluster.cjs', plugins: [LAZY], budget: 2000 },
  { entryPoints: ['node_modules/@vscode/l10n/dist/main.js'], outfile: 'dist/l10n.cjs', budget: 10 },
  { entryPoints: ['src/dags/server.ts'], outfile: 'dist/server.cjs', budget: 450 },
  {
    entryPoints: ['src/dags/cli.ts'],
    outfile: 'dist/kaapana-dags.cjs',
    banner: { js: '#!/usr/bin/env node' },
    budget: 450,
  },
  {
    entryPoints: ['webview/page.ts'],
    outfile: 'dist/page.js',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    budget: 150,
  },
];

interface Built {
  readonly metafile: Metafile;
  readonly line: string;
}

async function buildBundle({ budget, ...options }: (typeof BUNDLES)[number]): Promise<Built> {
  const { metafile } = await build({ ...NODE, ...options, metafile: true });
  const kilobytes = Math.round((await stat(join(ROOT, options.outfile))).size / 1000);
  if (kilobytes > budget)
    throw new Error(`${options.outfile} weighs ${kilobytes} KB; its budget is ${budget} KB.`);
  return { metafile, line: `${options.outfile} ${kilobytes} KB` };
}

async function buildBundles(): Promise<string> {
  const built = await Promise.all(BUNDLES.map(buildBundle));
  const packages = bundledPackages(built.map(({ metafile }) => metafile));
  await writeFile(join(DIST, 'THIRD-PARTY-NOTICES.txt'), await notices(ROOT, packages));
  return [...built.map(({ line }) => line), `notices of ${packages.length} packages`].join('\n');
}

async function buildGuide(id: string): Promise<string> {
  const loaded = await readGuide(id);
  if ('problems' in loaded) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  await mkdir(join(DIST, 'guides'), { recursive: true });
  await writeFile(join(DIST, 'guides', `${id}.json`), JSON.stringify(loaded.guide));
  for (const [language, words] of await readTranslations(loaded.guide)) {
    await mkdir(join(DIST, 'guides', language), { recursive: true });
    await writeFile(join(DIST, 'guides', language, `${id}.json`), JSON.stringify(words));
  }
  const written = loaded.guide.steps.filter(({ script }) => script !== undefined).length;
  return `dist/guides/${id}.json ${written} of ${loaded.guide.steps.length} steps written`;
}

/** A page for each DAG rule, which the rule's code links to. */
async function buildRulePages(): Promise<string> {
  const pages = rulePages();
  await mkdir(join(DIST, 'rules'), { recursive: true });
  await Promise.all([...pages].map(([code, page]) => writeFile(join(DIST, 'rules', `${code}.md`), page)));
  return `dist/rules ${pages.size} pages`;
}

async function main(): Promise<void> {
  await rm(DIST, { recursive: true, force: true });
  await mkdir(DIST, { recursive: true });
  const built = await Promise.all([
    buildBundles(),
    ...(await guideIds()).map(buildGuide),
    runnerText().then((text) => writeFile(join(DIST, 'runner.sh'), text)),
    buildRulePages(),
    writeFile(join(DIST, 'kaapana-dags.schema.json'), JSON.stringify(SITE_SCHEMA)),
    copyFile(join(ROOT, 'webview/page.css'), join(DIST, 'page.css')),
    copyFile(join(ROOT, 'src/guides/rows.json'), join(DIST, 'rows.json')),
  ]);
  console.log(built.filter((line) => typeof line === 'string').join('\n'));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
