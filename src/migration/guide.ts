/** What a migration guide is: data, checked by `loadGuide`, never changed at run time. */

export type Risk = 'read-only' | 'changing' | 'destructive';

/** Where a step departs from the official guide, told to the admin before the step runs. */
export interface Deviation {
  /** What the official guide says. */
  readonly guide: string;
  /** What happens to a platform when that is followed. */
  readonly effect: string;
  /** What this step does instead. */
  readonly ours: string;
  /** How we know. */
  readonly evidence: string;
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

/** A value that steps need and that differs from host to host. It reaches a step as an environment variable. */
export interface Parameter {
  /** Name of the environment variable. */
  readonly name: string;
  readonly title: string;
  readonly what: string;
  readonly default?: string;
  /** Function of `lib.sh` that reads the value from the running platform. */
  readonly detect?: string;
  /** Function of a library that says in one sentence why a value cannot be right on this host, or nothing. */
  readonly validate?: string;
  /** JavaScript regular expression that the whole value has to match. */
  readonly pattern: string;
  readonly example: string;
}

export interface Section {
  readonly id: string;
  readonly title: string;
}

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** Rows of the official guide that this step carries out. */
  readonly covers: readonly string[];
  readonly why: string;
  readonly does: string;
  readonly risk: Risk;
  readonly optional: boolean;
  /** What a person has to do where no script can. */
  readonly manual?: string;
  /** The platform, and with it an editor inside it, goes down. */
  readonly endsEditor: boolean;
  readonly reboots: boolean;
  /** Once this step has begun, nothing but the full backup leads back. */
  readonly pointOfNoReturn: boolean;
  /** Jobs (`namespace/name`) whose success it waits for, besides every Deployment; absent where it waits for no platform. */
  readonly awaits?: readonly string[];
  readonly needs: { readonly steps: readonly string[]; readonly disk?: string };
  readonly duration: string;
  /** Names of the parameters that the step reads. */
  readonly uses: readonly string[];
  /** Names of the further function libraries that the step's script is sourced after, in this order. */
  readonly libs: readonly string[];
  readonly deviation?: Deviation;
  /** The way back, or that there is none. */
  readonly undo: string;
  readonly links: readonly Link[];
  /** The step's bash text; absent while the step is not written. */
  readonly script?: string;
}

export interface Guide {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly title: string;
  /** Address of the official guide. */
  readonly url?: string;
  readonly summary?: string;
  /** Function of a library that tells whether a host stands where this guide begins: prints what it is, a tab, and why. */
  readonly recognize?: string;
  readonly parameters: readonly Parameter[];
  readonly sections: readonly Section[];
  readonly steps: readonly Step[];
  /** The guide as it is written, in English, where this one is a translation of it. */
  readonly original?: Guide;
  /** `lib.sh`, which every step is sourced after. */
  readonly lib: string;
  /** Texts of `lib/<name>.sh` by name, for the steps that ask for them. */
  readonly libs: Readonly<Record<string, string>>;
}

/** A step whose script exists, so that it can run. */
export type WrittenStep = Step & { readonly script: string };

export const isWritten = (step: Step): step is WrittenStep => step.script !== undefined;

/** Everything a step's script is sourced after, in order. */
export const librariesOf = (guide: Guide, step: Step): string[] => [
  guide.lib,
  ...step.libs.map((name) => guide.libs[name] ?? ''),
];

/** The step with this id. Throws where the guide has none: ids come from the guide itself. */
export function stepOf(guide: Guide, id: string): Step {
  const step = guide.steps.find((candidate) => candidate.id === id);
  if (!step) throw new Error(`Guide ${guide.id} has no step "${id}".`);
  return step;
}
