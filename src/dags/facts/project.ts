import { lastPart } from '../dotted';
import { PLATFORM, replacedSymbols } from '../rules/rule-set';
import type { Rule } from '../rules/types';
import { resolve } from '../syntax/symbols';
import type { PyModule } from '../syntax/types';

/** A class that some file of the project derives from a replaced operator. */
export interface DerivedClass {
  /** `module.Class`, where the module is the file's own name: enough to recognise an import of it. */
  readonly key: string;
  readonly base: string;
  readonly file: string;
  /** It hands its arguments on as they are: it has no `__init__` of its own. */
  readonly handsOn: boolean;
}

/** What other files of the project say. */
export interface ProjectKnowledge {
  /** Ids of DAGs that a trigger rule starts. */
  readonly autoTriggered: ReadonlySet<string>;
  /** By {@link DerivedClass.key}. */
  readonly derived: ReadonlyMap<string, DerivedClass>;
  /** What files import from one another, as `module.Name`, where the module is the file's own name. */
  readonly imported: ReadonlySet<string>;
  /** Replaced operators that files import, so that others can import them from there, as `module.Name`. */
  readonly handedOn: ReadonlySet<string>;
}

/** A project that consists of one file. */
export const EMPTY_PROJECT: ProjectKnowledge = {
  autoTriggered: new Set(),
  derived: new Map(),
  imported: new Set(),
  handedOn: new Set(),
};

/** How the names of trigger rule files end. */
export const TRIGGER_RULE = '_trigger_rule.json';

/** What one file contributes to {@link ProjectKnowledge}. */
export interface FileKnowledge {
  readonly derived: readonly DerivedClass[];
  readonly imported: readonly string[];
  readonly handedOn: readonly string[];
}

/** Joins what the files of a project contribute. */
export function projectOf(files: Iterable<FileKnowledge>, autoTriggered: Iterable<string>): ProjectKnowledge {
  const all = [...files];
  return {
    autoTriggered: new Set(autoTriggered),
    derived: new Map(all.flatMap(({ derived }) => derived.map((one) => [one.key, one] as const))),
    imported: new Set(all.flatMap(({ imported }) => imported)),
    handedOn: new Set(all.flatMap(({ handedOn }) => handedOn)),
  };
}

/** What other files of the project want to know about a file. */
export function knowledgeOf(module: PyModule, file: string, rules: readonly Rule[]): FileKnowledge {
  const replaced = replacedSymbols(rules);
  return {
    derived: derivedClasses(module, file, replaced),
    imported: importedNames(module),
    handedOn: handedOnNames(module, file, replaced),
  };
}

/** The classes of a file that derive from an operator which some rule replaces. */
function derivedClasses(module: PyModule, file: string, replaced: ReadonlySet<string>): DerivedClass[] {
  const stem = stemOf(file);
  return module.classes.flatMap(({ name, bases, body }) => {
    const base = bases.flatMap((one) => resolve(one)).find((one) => replaced.has(one.dotted));
    const handsOn = !body.bindings.has('__init__');
    return base ? [{ key: `${stem}.${name}`, base: base.dotted, file, handsOn }] : [];
  });
}

/** What a file imports by name from files that can be in the same project, as `module.Name`. */
function importedNames({ imports }: PyModule): string[] {
  return imports.flatMap(({ kind, module, names }) =>
    kind !== 'from' || module.startsWith(`${PLATFORM}.`) || module.startsWith('airflow')
      ? []
      : names.map(({ name }) => `${lastPart(module)}.${name}`),
  );
}

/** Replaced operators that a file imports by name, where others can import them from it. */
function handedOnNames({ imports }: PyModule, file: string, replaced: ReadonlySet<string>): string[] {
  const stem = stemOf(file);
  return imports.flatMap(({ module, names, scope }) =>
    (scope.kind === 'module' ? names : []).flatMap(({ name, alias }) =>
      replaced.has(`${module}.${name}`) ? [`${stem}.${alias ?? name}`] : [],
    ),
  );
}

/** Whether other files can import a name from this one: they do, or it is what makes a folder a package. */
export function isImportedFrom(file: string, name: string, { imported }: ProjectKnowledge): boolean {
  const stem = stemOf(file);
  return stem === '__init__' || imported.has(`${stem}.${name}`);
}

function stemOf(file: string): string {
  return file.replace(/^.*[\\/]/, '').replace(/\.py$/, '');
}

/** The DAG ids in a trigger rule: whatever stands below a key `dag_ids`, and the name of the file itself. */
export function triggeredDags(fileName: string, text: string): string[] {
  const stem = fileName.slice(0, -TRIGGER_RULE.length);
  const ids = [stem, stem.replace(/^dag_/, '').replace(/_/g, '-')];
  try {
    collectIds(JSON.parse(text), ids);
  } catch {
    // A rule that cannot be read still belongs to the DAG it is named after.
  }
  return ids;
}

function collectIds(value: unknown, ids: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value as Record<string, unknown>)) {
    if (key === 'dag_ids' && typeof inner === 'object' && inner !== null) {
      const named: unknown[] = Array.isArray(inner) ? inner : Object.keys(inner);
      ids.push(...named.filter((id) => typeof id === 'string'));
    } else collectIds(inner, ids);
  }
}
