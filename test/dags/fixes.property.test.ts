import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/dags/analyze';
import { applyEdits } from '../../src/dags/edits/edits';
import { parse } from '../../src/dags/syntax/parser';
import { runPython, requirePython } from './python';

/** Values that the arguments of the six operators are given, by name. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  LocalGetInputDataOperator: [
    'name="a"',
    'dataset_limit=None',
    'data_form=None',
    'check_modality=True',
    'check_modality=False',
    'data_type="json"',
    'parallel_downloads=3',
    'ram_mem_mb_lmt=3',
    'op_kwargs={"a": [1, 2]}',
    'batch_name=f"{x}"',
    'dataset_limit=(\n  1  # one\n)',
  ],
  LocalMinioOperator: [
    'action="put"',
    'action="get"',
    'action="remove"',
    'bucket_name="b"',
    'bucket_name=str(x)',
    'action_operators=[x, y]',
    'action_operator_dirs=[x.operator_out_dir, y.operator_out_dir]',
    'action_operator_dirs=["a"]',
    'action_files=["a"]',
    'file_white_tuples=(".zip")',
    'file_white_tuples=("pdf", ".txt",)',
    'zip_files=True',
    'zip_files=False',
    'local_root_dir="{run_dir}"',
    'minio_host="h"',
    'minio_port="1"',
    'name="n"',
    'trigger_rule="all_done"',
    'target_dir_prefix="p"',
  ],
  LocalGetRefSeriesOperator: [
    'search_policy="reference_uid"',
    'search_policy="study_uid"',
    'modality=None',
    'modality="ct"',
    'dicom_tags=[]',
    'target_level="batch_element"',
    'expected_file_count="all"',
    'expected_file_count=1',
    'limit_file_count=None',
    'pacs_dcmweb_host="h"',
    'aetitle="X"',
    'parallel_id="p"',
  ],
  LocalDeleteFromPacsOperator: [
    'pacs_host="h"',
    'pacs_port=1',
    'wait_time=5',
    'pacs_aet="KAAPANA"',
    'pacs_aet="X"',
    'delete_complete_study=True',
    'retries=1',
  ],
  LocalDeleteFromMetaOperator: [
    'delete_operator=x',
    'input_operator=x',
    'delete_all_documents=True',
    'delete_complete_study=False',
    'operator_in_dir="d"',
  ],
  LocalJson2MetaOperator: [
    'json_operator=x',
    'input_operator=x',
    'check_in_pacs=True',
    'no_update=True',
    'set_dag_id=True',
    'execution_timeout=x',
  ],
};

const CLASSES = Object.keys(VALUES);
const IMPORTS: readonly ((name: string) => readonly [string, string])[] = [
  (name) => [`from kaapana.operators.${name} import ${name}`, name],
  (name) => [`from kaapana.operators.${name} import ${name} as Op${name}`, `Op${name}`],
  (name) => [`from kaapana.operators.${name} import (\n    ${name},  # needed\n)`, name],
  (name) => [`from kaapana.operators.${name} import \\\n    ${name}`, name],
  (name) => [`import kaapana.operators.${name}`, `kaapana.operators.${name}.${name}`],
  (name) => [`import kaapana.operators.${name} as mod${name}`, `mod${name}.${name}`],
  (name) => [`from kaapana.operators import ${name} as pkg${name}`, `pkg${name}.${name}`],
  (name) => [`import os; from kaapana.operators.${name} import ${name}; import sys`, name],
];

const separators = fc.constantFrom(
  ', ',
  ',',
  ' , ',
  ',\n    ',
  ',  # a remark, with (brackets)\n    ',
  ',\n    # own line\n    ',
);
const opening = fc.constantFrom('', '\n    ', '  # first\n    ', ' ');
const closing = fc.constantFrom('', ',', '\n', ',\n', ',  # last\n', '  # last\n');

const call = fc.constantFrom(...CLASSES).chain((name) =>
  fc.record({
    name: fc.constant(name),
    style: fc.nat(IMPORTS.length - 1),
    args: fc.shuffledSubarray(['dag=dag', ...(VALUES[name] ?? [])], { minLength: 0, maxLength: 6 }),
    separator: separators,
    opening,
    closing,
  }),
);

type Call = (typeof call)['generate'] extends (...args: never[]) => { value: infer T } ? T : never;

/** A DAG with some calls; keywords are given once. */
const dag = fc
  .record({
    calls: fc.array(call, { minLength: 1, maxLength: 5 }),
    eol: fc.constantFrom('\n', '\r\n'),
    end: fc.boolean(),
  })
  .map(({ calls, eol, end }) => {
    const statements = calls.map((one: Call) => IMPORTS[one.style]!(one.name));
    const bodies = calls.map((one: Call, index) => {
      const seen = new Set<string>();
      const args = one.args.filter((arg) => {
        const name = arg.split('=')[0]!;
        return !seen.has(name) && seen.add(name);
      });
      const inner = args.length === 0 ? '' : one.opening + args.join(one.separator) + one.closing;
      return `task${index} = ${statements[index]![1]}(${inner})`;
    });
    const lines = [
      'from airflow.models import DAG',
      ...statements.map(([statement]) => statement),
      'dag = DAG(dag_id="d")',
      'x = y = None',
    ];
    return [...lines, ...bodies]
      .join('\n')
      .concat(end ? '\n' : '')
      .replace(/\n/g, eol);
  });

const comments = (text: string) =>
  parse(text)
    .comments.map(({ from, to }) => text.slice(from, to))
    .sort();
/** DAGS_RUNS=5000 looks longer. */
const RUNS = Number(process.env['DAGS_RUNS'] ?? 120);

describe('whatever a DAG looks like', () => {
  it('edits are in order, one pass is enough, and safe fixes keep every comment', () => {
    fc.assert(
      fc.property(dag, (text) => {
        const analysis = analyze(text);
        const safe = applyEdits(
          text,
          analysis.fix((finding) => finding.fix?.verdict === 'safe'),
        );
        const all = applyEdits(
          text,
          analysis.fix(() => true),
        );
        expect(comments(safe)).toEqual(comments(text));
        expect(analyze(safe).fix((finding) => finding.fix?.verdict === 'safe')).toEqual([]);
        expect(analyze(all).fix(() => true)).toEqual([]);
        if (text.includes('\r\n')) expect(all.replace(/\r\n/g, '')).not.toContain('\n');
      }),
      { numRuns: RUNS },
    );
  });

  it('results compile, pass no keyword twice and use no name that is not there', () => {
    if (!requirePython()) return;
    const texts = fc.sample(dag, { numRuns: RUNS, seed: 20261121 }).flatMap((text) => {
      const analysis = analyze(text);
      const each = analysis.findings.flatMap((finding) =>
        finding.fix ? [applyEdits(text, finding.fix.edits)] : [],
      );
      return [
        text,
        applyEdits(
          text,
          analysis.fix((finding) => finding.fix?.verdict === 'safe'),
        ),
        applyEdits(
          text,
          analysis.fix(() => true),
        ),
        ...each,
      ];
    });
    const problems = runPython(
      `import ast, builtins, json, sys
problems = []
for text in json.load(sys.stdin):
    try:
        tree = ast.parse(text)
        compile(text, "dag.py", "exec")
    except SyntaxError as error:
        problems.append([str(error), text])
        continue
    known = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            known.update((one.asname or one.name).split(".")[0] for one in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
    missing = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - known
    if missing:
        problems.append([f"undefined: {missing}", text])
print(json.dumps(problems))`,
      texts,
    );
    expect(problems).toEqual([]);
  });
});
