import data from '../data/operators.json';
import { inMap } from '../in-map';
import { compareVersions } from './versions';

/** What one class of the Kaapana plugin accepts at one version; see `data/operators.json`. */
export interface Signature {
  readonly base: string;
  readonly parameters: Readonly<Record<string, string | null>>;
  readonly fixed: readonly string[];
  readonly name?: string;
}

/** What Python and Airflow do with a keyword when the DAG file is imported. */
export type Acceptance = 'accepted' | 'conflict' | 'rejected';

type History = Readonly<Record<string, Signature | null>>;

const classes: Readonly<Record<string, History>> = data.classes;
const airflow = data.airflow;

/** The version that a site migrates from. */
export const OLD_VERSION = '0.3.5';

/** The target unless the user or the project says otherwise. */
export const DEFAULT_TARGET = '0.4.1';

/** Versions that may be chosen as a target. */
export const TARGETS: readonly string[] = Object.keys(data.releases).filter(
  (version) => version !== OLD_VERSION,
);

/** Where the plugin keeps its operators, each in a module of its own name. */
const PACKAGE = 'kaapana.operators';

const nameBySymbol: ReadonlyMap<string, string> = new Map(
  Object.keys(classes).map((name) => [`${PACKAGE}.${name}.${name}`, name]),
);

/** The dotted names of all classes that the plugin has or had. */
export const PLUGIN_SYMBOLS: readonly string[] = [...nameBySymbol.keys()];

/** The release whose signatures are known and that speaks for `version`: the same minor version, else an earlier one. */
function known(version: string): string {
  const minor = version.split('.').slice(0, 2).join('.');
  const same = data.known.find((one) => one.startsWith(`${minor}.`));
  const earlier = data.known.filter((one) => compareVersions(one, version) <= 0);
  return same ?? earlier[earlier.length - 1] ?? OLD_VERSION;
}

/** The signatures of one version by class, each found when it is first asked for. */
const asked = new Map<string, Map<string, Signature | null>>();

/** The signature of a plugin class at a version; null when the class is not there. */
export function signature(name: string, version: string): Signature | null {
  const byName = inMap(asked, version, () => new Map<string, Signature | null>());
  return inMap(byName, name, () => {
    const release = known(version);
    let found: Signature | null = null;
    for (const [since, one] of Object.entries(classes[name] ?? {})) {
      if (compareVersions(since, release) <= 0) found = one;
    }
    return found;
  });
}

/** The version whose defaults a DAG was written for: 0.3.5, or the first one that has the class. */
export function signatureVersion(name: string): string {
  return signature(name, OLD_VERSION) ? OLD_VERSION : (Object.keys(classes[name] ?? {})[0] ?? OLD_VERSION);
}

/** The plugin class behind a dotted name such as `kaapana.operators.MinioOperator.MinioOperator`, at any version. */
export function pluginClass(dotted: string): string | null {
  return nameBySymbol.get(dotted) ?? null;
}

/** Answers of {@link acceptance} by version, class and keyword. */
const accepted = new Map<string, Map<string, Map<string, Acceptance>>>();

/** Whether `keyword` may be passed to `name` at `version`. */
export function acceptance(name: string, keyword: string, version: string): Acceptance {
  const classes = inMap(accepted, version, () => new Map<string, Map<string, Acceptance>>());
  const keywords = inMap(classes, name, () => new Map<string, Acceptance>());
  return inMap(keywords, keyword, () => judge(name, keyword, version));
}

function judge(name: string, keyword: string, version: string): Acceptance {
  const own = signature(name, version);
  if (!own) return airflowAccepts(name, keyword, version) ? 'accepted' : 'rejected';
  if (Object.hasOwn(own.parameters, keyword)) return 'accepted';
  if (own.fixed.includes(keyword)) return 'conflict';
  return acceptance(own.base, keyword, version);
}

function airflowAccepts(base: string, keyword: string, version: string): boolean {
  if (airflow.operator.includes(keyword)) return true;
  if (base.includes('Python') && airflow.python.includes(keyword)) return true;
  const since = Object.entries(airflow.since).find(([name]) => name === keyword)?.[1];
  const release = Object.entries(data.releases).find(([one]) => one === known(version))?.[1];
  return since !== undefined && release !== undefined && compareVersions(release, since) >= 0;
}

/** The Python source of a parameter's default, looked up through the bases; undefined when there is no such parameter. */
export function defaultSource(name: string, keyword: string, version: string): string | null | undefined {
  const own = signature(name, version);
  if (!own) return undefined;
  return Object.hasOwn(own.parameters, keyword)
    ? own.parameters[keyword]
    : defaultSource(own.base, keyword, version);
}

/**
 * Classes whose calls a change of version can break: those that are new, lose a keyword, begin to set it themselves, or
 * begin to require one. What never changes cannot break by it. Kept with the data, as working it out takes longer than
 * a whole check; a test does.
 */
export const FRAGILE_CLASSES: readonly string[] = data.fragile;

const fragile = new Set(FRAGILE_CLASSES);

/** Whether a class is one of {@link FRAGILE_CLASSES}. */
export function isFragile(name: string): boolean {
  return fragile.has(name);
}
