import * as vscode from 'vscode';
import type { SshSettings } from '../host/ssh';
import { PREFIX } from './ids';

/** The value of the setting `host` that means: the editor runs on the Kaapana host. */
export const THIS_MACHINE = 'this-machine';

const read = (name: string): string => vscode.workspace.getConfiguration(PREFIX).get<string>(name, '').trim();

export const hostSetting = (): string => read('host');

export function sshSettings(): SshSettings {
  const configFile = read('sshConfigFile');
  return { sshPath: read('sshPath') || 'ssh', ...(configFile === '' ? {} : { configFile }) };
}

/** Remembers the host for this machine. Resolves to false where the settings cannot be written. */
export async function saveHost(host: string): Promise<boolean> {
  try {
    await vscode.workspace.getConfiguration(PREFIX).update('host', host, vscode.ConfigurationTarget.Global);
    return true;
  } catch {
    return false;
  }
}
