import { Ajv, type ErrorObject } from 'ajv';
import { LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Guide, Step } from './guide';

/** The texts that make a guide, as they lie in its folder. */
export interface GuideSources {
  /** Name of the YAML file as problems shall name it. */
  readonly file: string;
  readonly yaml: string;
  readonly lib: string;
  /** Text of `lib/<name>.sh` by name. */
  readonly libs: ReadonlyMap<string, string>;
  /** Text of `steps/<id>.sh` by step id. */
  readonly scripts: ReadonlyMap<string, string>;
  /** Rows of the official guide, every one of which a step has to cover. */
  readonly rows: readonly string[];
  /** `guide.schema.json`, parsed. */
  readonly schema: object;
}

/** A mistake in a guide: `file:line:column message`. */
export interface GuideProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export const describeProblem = ({ file, line, column, message }: GuideProblem): string =>
  `${file}:${line}:${column} ${message}`;

export type LoadedGuide = { readonly guide: Guide } | { readonly problems: readonly GuideProblem[] };

type Path = readonly (string | number)[];
type Report = (path: Path, message: string) => void;

/** The YAML text of a guide, where optional lists and flags may be left out. */
type RawStep = Omit<
  Step,
  'optional' | 'endsEditor' | 'reboots' | 'pointOfNoReturn' | 'needs' | 'uses' | 'libs' | 'links' | 'script'
> &
  Partial<
    Pick<Step, 'optional' | 'endsEditor' | 'reboots' | 'pointOfNoReturn' | 'uses' | 'libs' | 'links'>
  > & {
    readonly needs?: Partial<Step['needs']>;
  };
type RawGuide = Omit<Guide, 'steps' | 'lib' | 'libs'> & { readonly steps: readonly RawStep[] };

function schemaMessage(error: ErrorObject): string {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties':
      return `"${String(params['additionalProperty'])}" is not known here.`;
    case 'required':
      return `"${String(params['missingProperty'])}" is missing.`;
    case 'enum':
      return `The value has to be one of: ${(params['allowedValues'] as unknown[]).join(', ')}.`;
    default:
      return `The value ${error.message ?? 'is not valid'}.`;
  }
}

const pathOf = (error: ErrorObject): Path => {
  const path = error.instancePath.split('/').slice(1);
  const extra = (error.params as Record<string, unknown>)['additionalProperty'];
  return typeof extra === 'string' ? [...path, extra] : path;
};

/** Where a path of the document stands in its text; the nearest parent where the path itself is missing. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const keys = path.slice(0, length).map((key) => (/^\d+$/.test(String(key)) ? Number(key) : key));
    const node = document.getIn(keys, true) as Node | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

function reportRepeated(items: readonly { readonly id: string }[], list: string, report: Report): void {
  items.forEach(({ id }, index) => {
    if (items.findIndex((other) => other.id === id) < index)
      report([list, index, 'id'], `The id "${id}" stands twice.`);
  });
}

function reportUnknown(
  names: readonly string[],
  known: ReadonlySet<string>,
  what: string,
  path: Path,
  report: Report,
): void {
  names.forEach((name, index) => {
    if (!known.has(name)) report([...path, index], `There is no ${what} "${name}".`);
  });
}

function reportCycles(steps: readonly Step[], report: Report): void {
  const reaches = (from: Step, target: string, seen: Set<string>): boolean =>
    from.needs.steps.some((id) => {
      if (id === target) return true;
      if (seen.has(id)) return false;
      seen.add(id);
      const next = steps.find((step) => step.id === id);
      return next !== undefined && reaches(next, target, seen);
    });
  steps.forEach((step, index) => {
    if (reaches(step, step.id, new Set()))
      report(['steps', index, 'needs'], `The step "${step.id}" needs itself.`);
  });
}

/** What a schema cannot say: names that point at each other, rows that nobody covers, files that nobody names. */
function reportReferences(guide: Guide, sources: GuideSources, report: Report): void {
  const ids = new Set(guide.steps.map(({ id }) => id));
  const sections = new Set(guide.sections.map(({ id }) => id));
  const parameters = new Set(guide.parameters.map(({ name }) => name));
  const libraries = [sources.lib, ...sources.libs.values()].join('\n');
  reportRepeated(guide.steps, 'steps', report);
  reportRepeated(guide.sections, 'sections', report);
  const defines = (name: string) => new RegExp(`^${name} *\\(\\)`, 'm').test(libraries);
  if (guide.recognize !== undefined && !defines(guide.recognize))
    report(['recognize'], `No library has a function "${guide.recognize}".`);
  guide.parameters.forEach(({ detect, validate, pattern }, index) => {
    for (const [key, name] of Object.entries({ detect, validate }))
      if (name !== undefined && !defines(name))
        report(['parameters', index, key], `No library has a function "${name}".`);
    try {
      new RegExp(pattern, 'u');
    } catch {
      report(['parameters', index, 'pattern'], `"${pattern}" is no regular expression.`);
    }
  });
  guide.steps.forEach((step, index) => {
    if (!sections.has(step.section))
      report(['steps', index, 'section'], `There is no section "${step.section}".`);
    reportUnknown(step.needs.steps, ids, 'step', ['steps', index, 'needs', 'steps'], report);
    reportUnknown(step.uses, parameters, 'parameter', ['steps', index, 'uses'], report);
    reportUnknown(step.libs, new Set(sources.libs.keys()), 'library', ['steps', index, 'libs'], report);
    reportUnknown(step.covers, new Set(sources.rows), 'row', ['steps', index, 'covers'], report);
  });
  reportCycles(guide.steps, report);
  const covered = new Set(guide.steps.flatMap(({ covers }) => covers));
  for (const row of sources.rows)
    if (!covered.has(row)) report(['steps'], `No step covers the row "${row}".`);
  for (const id of sources.scripts.keys())
    if (!ids.has(id)) report(['steps'], `steps/${id}.sh belongs to no step.`);
}

const complete = (raw: RawGuide, sources: GuideSources): Guide => ({
  ...raw,
  lib: sources.lib,
  libs: Object.fromEntries(sources.libs),
  steps: raw.steps.map((step) => {
    const script = sources.scripts.get(step.id);
    return {
      ...step,
      optional: step.optional ?? false,
      endsEditor: step.endsEditor ?? false,
      reboots: step.reboots ?? false,
      pointOfNoReturn: step.pointOfNoReturn ?? false,
      needs: { ...step.needs, steps: step.needs?.steps ?? [] },
      uses: step.uses ?? [],
      libs: step.libs ?? [],
      links: step.links ?? [],
      ...(script === undefined ? {} : { script }),
    };
  }),
});

/** Reads a guide and checks it whole. Every mistake is told with its place; a guide with a mistake is not returned. */
export function loadGuide(sources: GuideSources): LoadedGuide {
  const lines = new LineCounter();
  const document = parseDocument(sources.yaml, { lineCounter: lines });
  const problems: GuideProblem[] = [];
  const reportAt = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset);
    problems.push({ file: sources.file, line, column: col, message });
  };
  const report: Report = (path, message) => reportAt(offsetOf(document, path), message);

  for (const error of document.errors) reportAt(error.pos[0], error.message.split('\n')[0] ?? error.code);
  if (problems.length > 0) return { problems };

  const validate = new Ajv({ allErrors: true, strict: true }).compile(sources.schema);
  const raw: unknown = document.toJS();
  if (!validate(raw)) {
    for (const error of validate.errors ?? []) report(pathOf(error), schemaMessage(error));
    return { problems };
  }
  const guide = complete(raw as RawGuide, sources);
  reportReferences(guide, sources, report);
  return problems.length > 0 ? { problems } : { guide };
}
