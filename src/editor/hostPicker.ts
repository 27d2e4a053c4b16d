import * as l10n from '@vscode/l10n';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { HostProblem } from '../host/problem';
import { checkHostName } from '../host/ssh';
import { readHostAliases } from '../host/sshConfig';
import { saveHost, sshSettings, THIS_MACHINE } from './settings';

interface HostItem extends vscode.QuickPickItem {
  readonly host: string;
}

async function offers(): Promise<HostItem[]> {
  const file = sshSettings().configFile ?? join(homedir(), '.ssh', 'config');
  const aliases = await readHostAliases(file);
  return [
    ...aliases.map((host) => ({
      label: `$(server-environment) ${host}`,
      description: l10n.t('your ssh configuration'),
      host,
    })),
    {
      label: `$(device-desktop) ${l10n.t('This machine')}`,
      description: l10n.t('the editor runs on the Kaapana host itself'),
      host: THIS_MACHINE,
    },
  ];
}

/** Text that was typed as a host of its own; ssh decides whether it exists. */
const typed = (text: string): HostItem => ({
  label: `$(add) ${text}`,
  description: l10n.t('connect by this name'),
  host: text,
});

function problemWith(host: string): string | undefined {
  try {
    checkHostName(host);
    return undefined;
  } catch (error) {
    return error instanceof HostProblem ? error.message : String(error);
  }
}

/** Lets the admin choose an alias, type a target, or take this machine. Undefined when nothing was chosen. */
export async function pickHost(current: string): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<HostItem>();
  const items = await offers();
  pick.title = l10n.t('Choose the Kaapana host');
  pick.placeholder = l10n.t('An alias of your ssh configuration, a name, or user@name');
  pick.items = items;
  pick.activeItems = items.filter(({ host }) => host === current);
  pick.onDidChangeValue((value) => {
    const text = value.trim();
    const known = items.some(({ host }) => host === text);
    pick.items = text === '' || known ? items : [typed(text), ...items];
  });
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      const host = pick.selectedItems[0]?.host;
      if (host === undefined) return;
      const problem = problemWith(host);
      if (problem) {
        void vscode.window.showErrorMessage(
          l10n.t`${problem} A host is a name, user@name, or an alias of your ssh configuration.`,
        );
        return;
      }
      resolve(host);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

/** Says that the setting names another host than this window's; resolves to whether the admin follows it. */
export async function leavesFor(host: string, current: string): Promise<boolean> {
  const follow = l10n.t`Switch to ${host}`;
  const text = l10n.t`The setting now names the host ${host}. This window stays on ${current}.`;
  return (await vscode.window.showWarningMessage(text, follow)) === follow;
}

/** Whether the settings keep a chosen host for later windows; says so where they cannot. */
export async function savedHost(host: string): Promise<boolean> {
  if (await saveHost(host)) return true;
  void vscode.window.showInformationMessage(
    l10n.t(
      'Your settings cannot be written here, so the host is remembered by this editor only. Another editor asks for it again.',
    ),
  );
  return false;
}
