import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { parse } from '../../src/dags/syntax/parser';
import { dottedParts } from '../../src/dags/syntax/literals';
import { requirePython } from './python';

/** What CPython's own parser sees in a file: calls and imports, as one line each. */
const TRUTH = `
import ast, json, sys, sysconfig, pathlib

def facts(text):
    tree = ast.parse(text)
    lines = text.split("\\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode("utf-16-le")) // 2 + 1)
    def offset(line, column):
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode().encode("utf-16-le")) // 2
    inside = set()
    found = []
    for node in ast.walk(tree):
        # Python 3.11 does not know where the calls inside of f-strings are.
        if isinstance(node, ast.JoinedStr):
            inside.update(id(one) for one in ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in inside:
            callee, parts = node.func, []
            while isinstance(callee, ast.Attribute):
                parts.insert(0, callee.attr)
                callee = callee.value
            if not isinstance(callee, ast.Name):
                continue
            name = ".".join([callee.id] + parts)
            keywords = sorted(one.arg or "**" for one in node.keywords)
            found.append(f"call {offset(node.func.lineno, node.func.col_offset)} {offset(node.end_lineno, node.end_col_offset)} {name} {len(node.args)} {' '.join(keywords)}".strip())
        elif isinstance(node, ast.Import):
            found += [f"import {one.name} as {one.asname}" for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found += [f"from {module} import {one.name} as {one.asname}" for one in node.names]
    return found

paths = json.load(sys.stdin)
for path in paths:
    try:
        text = pathlib.Path(path).read_bytes().decode()
        if "\\r" in text or "\\f" in text: continue
        print(json.dumps([path, facts(text)]))
    except (SyntaxError, ValueError, RecursionError, OSError):
        pass
`;

const LIST = `
import json, pathlib, sysconfig
paths = sysconfig.get_paths()
files = set()
for key in ("stdlib", "purelib", "platlib"):
    files.update(str(one) for one in pathlib.Path(paths[key]).rglob("*.py"))
print(json.dumps(sorted(one for one in files if "lib2to3/tests" not in one and "test/bad" not in one)))
`;

function ours(text: string): string[] {
  const module = parse(text);
  const found: string[] = [];
  const fStrings = module.strings.filter((string) => string.children.length > 0);
  for (const { callee, args, from, to } of module.calls) {
    const name = dottedParts(callee)?.join('.');
    if (!name || fStrings.some((string) => string.from < from && to < string.to)) continue;
    const keywords = args
      .flatMap((arg) => (arg.star === '**' ? ['**'] : arg.name === null ? [] : [arg.name]))
      .sort();
    const positional = args.length - keywords.length;
    found.push(`call ${from} ${to} ${name} ${positional} ${keywords.join(' ')}`.trim());
  }
  for (const statement of module.imports) {
    if (statement.kind === 'star') found.push(`from ${statement.module} import * as None`);
    for (const { name, alias } of statement.names) {
      const from = statement.kind === 'from' ? `from ${statement.module} ` : '';
      found.push(`${from}import ${name} as ${alias ?? 'None'}`);
    }
  }
  return found;
}

function python(program: string, input: string): string {
  const run = spawnSync('python3', ['-c', program], { input, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

/** Every how-manieth file is compared; DAGS_DIFFERENTIAL=1 compares all of them, which takes minutes. */
const STEP = Number(process.env['DAGS_DIFFERENTIAL'] ?? 30);

it(
  'sees the calls and imports that CPython sees, and no error where there is none',
  { timeout: 600_000 },
  () => {
    if (!requirePython()) return;
    const paths = (JSON.parse(python(LIST, '')) as string[]).filter((_, index) => index % STEP === 0);
    const truth = python(TRUTH, JSON.stringify(paths)).split('\n').filter(Boolean);
    let total = 0;
    let operators = 0;
    const missed: string[] = [];
    const broken: string[] = [];
    const missedOperators: string[] = [];
    for (const line of truth) {
      const [path, facts] = JSON.parse(line) as [string, string[]];
      const text = readFileSync(path, 'utf8');
      if (parse(text).errors.length > 0) broken.push(path);
      const found = new Set(ours(text));
      for (const fact of facts) {
        const capital = /^call \d+ \d+ (\w+\.)*[A-Z]/.test(fact);
        total++;
        if (capital) operators++;
        if (found.has(fact)) continue;
        missed.push(`${path}: ${fact}`);
        if (capital) missedOperators.push(`${path}: ${fact}`);
      }
    }
    console.log(
      `${truth.length} files, ${total} calls and imports (${missed.length} missed), ${operators} of them calls of capitalised names (${missedOperators.length} missed)`,
    );
    if (missed.length > 0) console.log(missed.slice(0, 20).join('\n'));
    expect(truth.length).toBeGreaterThan(20);
    expect(broken).toEqual([]);
    expect(missed.length / total).toBeLessThan(0.001);
    expect(missedOperators.length / operators).toBeLessThan(0.001);
  },
);
