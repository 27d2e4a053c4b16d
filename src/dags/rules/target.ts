import { DEFAULT_TARGET, TARGETS } from './signatures';
import { compareVersions } from './versions';

/** Where the target version comes from, the strongest first. */
export type TargetSource = 'project' | 'setting' | 'platform' | 'default';

/** The Kaapana version that DAGs are checked for, and who said so. */
export interface Target {
  readonly version: string;
  readonly source: TargetSource;
}

/** What each source says; absent where it says nothing. */
export type TargetWishes = Partial<Readonly<Record<Exclude<TargetSource, 'default'>, string | null>>>;

/** The strongest wish for a version that the rules know. */
export function chooseTarget({ project, setting, platform }: TargetWishes): Target {
  const wishes = [
    ['project', project],
    ['setting', setting],
    ['platform', platform && nearest(platform)],
  ] as const;
  for (const [source, version] of wishes) {
    if (version && TARGETS.includes(version)) return { version, source };
  }
  return { version: DEFAULT_TARGET, source: 'default' };
}

/** A platform may have a version that came out after the rules: the last one before it speaks for it. */
function nearest(version: string): string | null {
  if (!/^\d+(\.\d+)*$/.test(version)) return null;
  return TARGETS.findLast((one) => compareVersions(one, version) <= 0) ?? null;
}

const SOURCES: Readonly<Record<TargetSource, string>> = {
  project: 'named in the project',
  setting: 'named in the settings',
  platform: 'the version of the platform',
  default: 'the default',
};

/** One line for people. */
export function describeTarget({ version, source }: Target): string {
  return `Checked for Kaapana ${version}, ${SOURCES[source]}.`;
}
