import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND_OF, COMMANDS, PREFIX } from '../../src/editor/ids';
import { OFFERED_AS } from '../../src/editor/steps/stepText';
import type { Action } from '../../webview/protocol';

interface Manifest {
  contributes: {
    commands: { command: string; title: string; category: string }[];
    menus: Record<string, { command: string; when?: string }[]>;
    configuration: { properties: Record<string, { markdownDescription?: string; scope?: string }> };
    viewsWelcome: { contents: string }[];
  };
}

const root = join(import.meta.dirname, '../..');
const words = JSON.parse(await readFile(join(root, 'package.nls.json'), 'utf8')) as Record<string, string>;
/** The manifest with its words in place, as an editor reads it. */
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'), (_key, value: unknown) =>
  typeof value === 'string' ? (words[/^%(.+)%$/.exec(value)?.[1] ?? ''] ?? value) : value,
) as Manifest;
const { commands, menus, configuration, viewsWelcome } = manifest.contributes;
const ids = COMMANDS.map((name) => `${PREFIX}.${name}`);

describe('the manifest', () => {
  it('contributes exactly the commands that are registered', () => {
    expect(commands.map(({ command }) => command).sort()).toEqual([...ids].sort());
    expect(commands.every(({ category }) => category === 'Kaapana Migration')).toBe(true);
  });

  it('names only commands that exist in menus and welcome texts', () => {
    const linked = viewsWelcome.flatMap(({ contents }) =>
      [...contents.matchAll(/command:(kaapanaMigration\.\w+)/g)].map(([, id]) => id),
    );
    const named = [
      ...Object.values(menus).flatMap((entries) => entries.map(({ command }) => command)),
      ...linked,
    ];
    expect(named.filter((command) => !ids.includes(command ?? ''))).toEqual([]);
  });

  it('offers each action of the page in the tree by the same word', () => {
    const inTree = menus['view/item/context'] ?? [];
    for (const [action, word] of Object.entries(OFFERED_AS)) {
      const entries = inTree.filter(({ command }) => command === `${PREFIX}.${COMMAND_OF[action as Action]}`);
      expect(entries.length, action).toBeGreaterThan(0);
      for (const { when } of entries) expect(when).toContain(`\\b${word}\\b`);
    }
  });

  it('has ten settings at most, each described and scoped', () => {
    const settings = Object.values(configuration.properties);
    expect(settings.length).toBeLessThanOrEqual(10);
    expect(settings.filter(({ markdownDescription, scope }) => !markdownDescription || !scope)).toEqual([]);
  });
});
