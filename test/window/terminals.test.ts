import { expect, it, vi } from 'vitest';
import { Terminals } from '../../src/editor/terminals/terminals';
import { step } from '../migration/fixtures';
import { sessionWith } from './sessionStub';
import { window } from './vscode';

vi.mock('vscode', () => import('./vscode'));

it('the same attempt of the same run has one terminal, also after a new login; another guide has its own', () => {
  const terminals = new Terminals();
  const runner = { attach: () => ({ file: '/bin/sh', args: [] }) };
  const baseline = step('baseline');
  terminals.show(sessionWith({ guide: 'a-to-b', runner }), baseline, 1);
  terminals.show(sessionWith({ guide: 'a-to-b', runner }), baseline, 1);
  expect(window.createTerminal).toHaveBeenCalledTimes(1);
  terminals.show(sessionWith({ guide: 'b-to-c', runner }), baseline, 1);
  expect(window.createTerminal).toHaveBeenCalledTimes(2);
});
