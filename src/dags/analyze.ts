import { CHECKS } from './checks/checks';
import { dagContext } from './facts/dag-context';
import type { Edit } from './edits/edits';
import type { Draft, Finding } from './findings/findings';
import { lastPart } from './dotted';
import { inMap } from './in-map';
import { parse } from './syntax/parser';
import { EMPTY_PROJECT, isImportedFrom, type ProjectKnowledge } from './facts/project';
import { createPrefilter, type Prefilter } from './rules/prefilter';
import { planRepair, planRepairs } from './edits/repairs';
import { PLATFORM, ruleSet } from './rules/rule-set';
import { RULES } from './rules';
import type { Rule, SymbolRule } from './rules/types';
import { DEFAULT_TARGET } from './rules/signatures';
import type { FileFacts } from './facts/call-facts';
import { symbolFindings } from './findings/symbol-rules';
import type { PyModule } from './syntax/types';
import { applySuppressions } from './findings/suppressions';
import { TaskGraph } from './facts/task-graph';
import { spokenTexts, stringFindings } from './findings/text-rules';
import { findUses, type Uses } from './facts/uses';

/** What the caller knows beside the text. */
export interface AnalyzeOptions {
  /** The Kaapana version that the DAGs are to run on. */
  readonly target?: string;
  readonly project?: ProjectKnowledge;
  readonly rules?: readonly Rule[];
  /** The path of the file, by which others import from it. */
  readonly file?: string;
}

/** The findings of one file, and the edits that fix any of them together. */
export interface Analysis {
  readonly module: PyModule;
  readonly uses: Uses;
  readonly findings: readonly Finding[];
  /** Edits for all accepted findings, with the imports planned once. */
  readonly fix: (accept: (finding: Finding) => boolean) => readonly Edit[];
}

/** The check that speaks for derived classes, wherever they are found. */
const SUBCLASS = 'KAP-SUBCLASS';

/** The check that speaks for comments which suppress nothing. */
const UNUSED_SUPPRESSION = 'KAP-UNUSED-IGNORE';

/** Analyses a Python file. Pure: same text and options, same findings. */
export function analyze(text: string, options: AnalyzeOptions = {}): Analysis {
  return analyzeModule(parse(text), options);
}

/** Like {@link analyze}, for a text that is parsed already. */
export function analyzeModule(module: PyModule, options: AnalyzeOptions = {}): Analysis {
  const { drafts, uses, isImportedElsewhere } = collect(module, options);
  const entries = drafts.map((draft) => ({ draft, finding: finish(module, draft, isImportedElsewhere) }));
  entries.sort((a, b) => a.finding.range.from - b.finding.range.from);
  return {
    module,
    uses,
    findings: entries.map(({ finding }) => finding),
    fix: (accept) =>
      planRepairs(
        module,
        entries.flatMap(({ draft, finding }) =>
          draft.repair && finding.fix && accept(finding) ? [draft.repair] : [],
        ),
        isImportedElsewhere,
      ),
  };
}

/** A cheap test whether a file can have findings at all. */
export function prefilterFor({ rules = RULES, target = DEFAULT_TARGET, project }: AnalyzeOptions): Prefilter {
  const { prefilter } = ruleSet(rules, target);
  const derived = project && derivedPrefilter(project);
  if (!derived) return prefilter;
  return { matches: (text) => prefilter.matches(text) || derived.matches(text) };
}

const byProject = new WeakMap<ProjectKnowledge, Prefilter>();

/** What concerns a file only because other files derive classes from operators; null where none does. */
export function derivedPrefilter(project: ProjectKnowledge): Prefilter | null {
  if (project.derived.size === 0) return null;
  return inMap(byProject, project, () =>
    createPrefilter(new Map([['', [...project.derived.keys()].map(lastPart)]])),
  );
}

function collect(
  module: PyModule,
  options: AnalyzeOptions,
): { drafts: Draft[]; uses: Uses; isImportedElsewhere: (name: string) => boolean } {
  const { file, target = DEFAULT_TARGET, project = EMPTY_PROJECT } = options;
  const isImportedElsewhere = (name: string) => file !== undefined && isImportedFrom(file, name, project);
  const set = ruleSet(options.rules ?? RULES, target);
  const { rules } = set;
  const found = findUses(module, set.symbols);
  const facts: FileFacts = {
    ...found,
    module,
    target,
    set,
    dag: dagContext(module),
    graph: new TaskGraph(module),
    project,
    isImportedElsewhere,
    subclass: rules.find((rule) => rule.code === SUBCLASS) ?? null,
  };
  const concerned = concernedRules(facts);
  const concernsKaapana = module.text.includes(PLATFORM);
  const texts = concernsKaapana
    ? spokenTexts(module, set, new Set(facts.dag.dagIds))
    : new Map<Rule, never>();
  const drafts = rules.flatMap((rule) => {
    if (rule.kind === 'symbol') return concerned.has(rule) ? [...symbolFindings(rule, facts)] : [];
    if (rule.kind === 'check') return [...(CHECKS[rule.code]?.(rule, facts) ?? [])];
    const spoken = texts.get(rule);
    return spoken ? [...stringFindings(rule, module, spoken)] : [];
  });
  const idle = rules.find((rule) => rule.code === UNUSED_SUPPRESSION) ?? null;
  return { drafts: applySuppressions(module, drafts, idle), uses: found, isImportedElsewhere };
}

/** The rules that a file has anything to do with, be it by a name that it forgot to import. */
function concernedRules({ module, set, uses, imports }: FileFacts): ReadonlySet<Rule> {
  const found = new Set<Rule>();
  const add = (rules: readonly SymbolRule[] = []) => rules.forEach((rule) => found.add(rule));
  for (const { resolution } of uses) add(set.bySymbol.get(resolution.dotted));
  for (const { dotted } of imports) add(set.bySymbol.get(dotted));
  for (const [name, rules] of set.byName) if (module.names.has(name)) add(rules);
  return found;
}

function finish(
  module: PyModule,
  { rule, repair, ...draft }: Draft,
  isImportedElsewhere: (name: string) => boolean,
): Finding {
  const finding = { ...draft, code: rule.code };
  if (!repair) return { ...finding, fix: null };
  const plan = planRepair(module, repair, isImportedElsewhere);
  if ('refused' in plan) return { ...finding, fix: null, reason: plan.refused };
  const { title, verdict, changes } = repair;
  return { ...finding, fix: { title, verdict, changes, edits: plan.edits }, reason: null };
}
