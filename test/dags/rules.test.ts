import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import data from '../../src/dags/data/operators.json';
import { RULES } from '../../src/dags/rules';
import type { Case } from '../../src/dags/rules/types';
import { acceptance, pluginClass, signature, TARGETS, OLD_VERSION } from '../../src/dags/rules/signatures';
import { TRANSFORM_NAMES } from '../../src/dags/rules/templates';

const folder = join(import.meta.dirname, '../../src/dags/rules');
const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'rule.schema.json');
const readJson = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const validate = new Ajv({
  allErrors: true,
  strictTypes: false,
  allowUnionTypes: true,
  formats: { regex: true },
}).compile(readJson('rule.schema.json') as object);

describe('rule files', () => {
  it.each(files)('%s keeps to the schema', (name) => {
    validate(readJson(name));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('are all loaded, each code once', () => {
    const codes = files.flatMap((name) =>
      (readJson(name) as { rules: { code: string }[] }).rules.map((rule) => rule.code),
    );
    expect(RULES.map((rule) => rule.code).sort()).toEqual(codes.sort());
    expect(new Set(codes).size).toBe(codes.length);
  });
});

const operators = RULES.flatMap((rule) => (rule.kind === 'symbol' ? [rule] : []));
const cases = (rule: (typeof operators)[number]): Case[] => [
  ...Object.values(rule.arguments ?? {}).flat(),
  ...(rule.call ?? []),
];

describe.each(operators)('$code', (rule) => {
  const newClass = rule.becomes ? pluginClass(rule.becomes) : null;

  it('uses value transforms that exist', () => {
    const templates = cases(rule).flatMap((one) => [
      one.do?.set ?? '',
      ...Object.values(one.do?.become ?? {}),
    ]);
    const names = templates.flatMap((template) =>
      [...template.matchAll(/\{value:([a-z-]+)\}/g)].map((match) => match[1]),
    );
    expect(names.filter((name) => !TRANSFORM_NAMES.includes(name ?? ''))).toEqual([]);
  });

  it('leaves only arguments that the new class accepts', () => {
    if (!newClass || !rule.arguments) return;
    for (const target of TARGETS) {
      if (!signature(newClass, target)) continue;
      for (const [name, list] of Object.entries(rule.arguments)) {
        for (const one of list) {
          if (one.verdict === 'report' || one.do?.drop || (one.when?.value?.absent && !one.do)) continue;
          const names = one.do?.become ? Object.keys(one.do.become) : [name];
          for (const left of names)
            expect(`${left} ${acceptance(newClass, left, target)}`).toBe(`${left} accepted`);
        }
      }
    }
  });

  it('says something about every argument that the new class rejects', () => {
    const [symbol] = rule.symbols;
    const oldClass = symbol ? pluginClass(symbol) : null;
    if (!newClass || !oldClass || !rule.arguments) return;
    const parameters = Object.keys(signature(oldClass, OLD_VERSION)?.parameters ?? {});
    const rejected = parameters.filter((name) => acceptance(newClass, name, '0.4.1') !== 'accepted');
    expect(rejected.filter((name) => !Object.hasOwn(rule.arguments ?? {}, name))).toEqual([]);
  });
});

it('knows the classes whose calls a change of version can break', () => {
  const breaks = (name: string, version: string, keywords: readonly string[]) => {
    const now = signature(name, version);
    if (!now) return false;
    const parameters = Object.entries(now.parameters);
    const requires = parameters.some(([one, source]) => source === null && !keywords.includes(one));
    return requires || keywords.some((one) => acceptance(name, one, version) !== 'accepted');
  };
  const fragile = Object.keys(data.classes).filter((name) => {
    const old = signature(name, OLD_VERSION);
    return !old || data.known.some((version) => breaks(name, version, Object.keys(old.parameters)));
  });
  expect(data.fragile).toEqual(fragile.sort());
});
