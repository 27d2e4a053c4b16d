import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import type { CheckResult } from '../migration/check';
import { parseCheck } from '../migration/check';
import type { Command, Printed, Values } from '../migration/command';
import type { KeptAttempt } from '../migration/audit';
import { isFields, isText, type Fields } from '../migration/fields';
import { sha256 } from '../migration/hash';
import { asActor, parseJournal, type Statement } from '../migration/journal';
import type { Plan } from '../migration/plan';
import { quote } from '../migration/quote';
import type { LiveAttempt, Snapshot } from '../migration/run';
import { outcomeTable, type Kind } from '../migration/verdict';
import type { ObjectRef } from '../platform/types';
import type { Executed, ExecOptions } from './exec';
import { asReason, HostProblem } from './problem';
import type { Program, Transport } from './transport';

/** What starts a step: everything the host keeps of it. */
export interface StartRequest {
  readonly run: string;
  readonly step: string;
  readonly kind: Kind;
  /** Names this intent: a repeated request with the same token starts nothing twice. */
  readonly token: string;
  readonly command: Command;
  readonly plan: Plan;
  /** The admin has seen that the plan changed and goes on. */
  readonly acceptPlan: boolean;
  /** The admin goes on although somebody else conducts the run. */
  readonly takeOver: boolean;
}

export interface LogChunk {
  /** Size of the whole log in bytes. */
  readonly size: number;
  readonly bytes: Buffer;
}

/** How much of a log is asked for at once: few calls for a long log, and no answer too long to keep. */
export const LOG_CHUNK_BYTES = 8 * 1024 * 1024;

type Answer = Fields;

const PROBE_TIMEOUT_MS = 150_000;
const CALL_TIMEOUT_MS = 60_000;
const NOT_INSTALLED = 90;
const DAMAGED = 91;
const NO_BASH = 127;

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
const base64 = (content: string | Uint8Array): string => Buffer.from(content).toString('base64');
const fromBase64 = (value: unknown): string =>
  typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
const upload = (parts: Readonly<Record<string, string | Uint8Array>>): string =>
  [...Object.entries(parts).map(([name, content]) => `${name} ${base64(content)}`), 'end', ''].join('\n');

/** Speaks with the runner on the host. Installs it by content hash where it is missing; a running job keeps its own. */
export class Runner {
  private readonly bin: string;

  /** `editor` names this editor in the journal. */
  constructor(
    private readonly transport: Transport,
    private readonly script: string,
    private readonly editor: string,
  ) {
    this.bin = `runner-${sha256(script).slice(0, 16)}.sh`;
  }

  private line(nonce: string, words: readonly string[]): string {
    const all = [nonce, this.editor, this.transport.hostKey, ...words];
    return [
      's=${XDG_STATE_HOME:-$HOME/.local/state}/kaapana-migration',
      `r=$s/bin/${this.bin}`,
      `[ -f "$r" ] || exit ${NOT_INSTALLED}`,
      `exec bash "$r" "$s" ${all.map(quote).join(' ')}`,
    ].join('; ');
  }

  private async install(): Promise<void> {
    const script = [
      'umask 077; b=${XDG_STATE_HOME:-$HOME/.local/state}/kaapana-migration/bin',
      'mkdir -p "$b" && cat >"$b/.new.$$" || { rm -f "$b/.new.$$"; exit 1; }',
      `case $(sha256sum <"$b/.new.$$") in ${sha256(this.script)}*) mv "$b/.new.$$" "$b/${this.bin}" ;;` +
        ` *) rm -f "$b/.new.$$"; exit ${DAMAGED} ;; esac`,
    ].join('\n');
    const result = await this.transport.exec(script, { input: this.script, timeoutMs: CALL_TIMEOUT_MS });
    if (result.exitCode === 0) return;
    const said = result.stderr.trim().split('\n').at(-1) ?? '';
    const reason =
      result.exitCode === DAMAGED || /No space left|quota/i.test(said) ? 'no-space' : 'not-writable';
    throw new HostProblem(
      reason,
      l10n.t`The state folder on ${this.transport.label} cannot be written: ${said}`,
    );
  }

  /** Runs one line of the runner, installing it first where the host does not have it. */
  private async exec(nonce: string, words: readonly string[], options: ExecOptions): Promise<Executed> {
    const result = await this.transport.exec(this.line(nonce, words), options);
    if (result.exitCode !== NOT_INSTALLED) return result;
    await this.install();
    return this.transport.exec(this.line(nonce, words), options);
  }

  /** The answer in what the runner printed; undefined where there is none, or it is torn as the connection ended. */
  private read(nonce: string, output: string): Answer | undefined {
    const mark = `%KM${nonce} `;
    const line = output.split('\n').find((candidate) => candidate.startsWith(mark));
    const answer = line === undefined ? undefined : asAnswer(line.slice(mark.length));
    if (answer && answer['ok'] !== true)
      throw new HostProblem(asReason(answer['reason']), String(answer['detail']));
    return answer;
  }

  private unreadable({ exitCode, stderr, timedOut }: Executed): HostProblem {
    const { label } = this.transport;
    if (timedOut) return new HostProblem('unreachable', l10n.t`${label} did not answer in time.`);
    if (exitCode === NO_BASH) return new HostProblem('missing-tool', l10n.t`${label} has no bash.`);
    return new HostProblem(
      'unreadable',
      l10n.t`${label} gave no answer that can be read. ${stderr.trim().slice(-300)}`,
    );
  }

  private async call(words: readonly string[], options: ExecOptions = {}): Promise<Answer> {
    const nonce = randomBytes(8).toString('hex');
    const result = await this.exec(nonce, words, { timeoutMs: CALL_TIMEOUT_MS, ...options });
    const answer = this.read(nonce, result.stdout);
    if (!answer) throw this.unreadable(result);
    return answer;
  }

  /** One look at a run. */
  async status(run: string): Promise<Snapshot> {
    return asSnapshot(await this.call(['status', run]));
  }

  /**
   * Tells the state of a run now and after each change until the signal is given.
   * @throws HostProblem when the connection ends for any other reason.
   */
  async watch(run: string, onSnapshot: (snapshot: Snapshot) => void, signal: AbortSignal): Promise<void> {
    const nonce = randomBytes(8).toString('hex');
    let problem: unknown;
    const snapshotIn = (line: string): Snapshot | undefined => {
      try {
        const answer = this.read(nonce, line);
        return answer && answer['beat'] !== true ? asSnapshot(answer) : undefined;
      } catch (error) {
        problem ??= error;
        return undefined;
      }
    };
    const onLine = (line: string) => {
      const snapshot = snapshotIn(line);
      // On its own: what goes wrong in a view says nothing about the host, and must not end the reading.
      if (snapshot) queueMicrotask(() => onSnapshot(snapshot));
    };
    // A shared connection keeps the pipe open for seconds after its reader has left: leaving does not wait for it.
    const left = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const watching = this.exec(nonce, ['watch', run], { onLine, signal });
    const result = await Promise.race([watching, left]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    watching.catch(() => undefined);
    if (!result || signal.aborted) return;
    if (problem instanceof Error) throw problem;
    if (result.exitCode === NO_BASH) throw this.unreadable(result);
    throw new HostProblem('connection-lost', l10n.t`The connection to ${this.transport.label} ended.`);
  }

  /** Starts a step apart from this connection. Resolves with the attempt's number once its job lives. */
  async start(request: StartRequest): Promise<number> {
    const { run, step, kind, token, command, plan } = request;
    const input = upload({
      plan: plan.text,
      kind: `${kind.mode} ${yesNo(kind.reboots)}\n`,
      outcomes: outcomeTable(kind),
      cmd: command.text,
    });
    const accepted = [request.acceptPlan, request.takeOver].map(yesNo);
    const words = ['start', run, step, kind.mode, token, command.sha256, plan.sha256, ...accepted];
    return Number((await this.call(words, { input }))['attempt']);
  }

  /**
   * Stops an attempt's whole process tree. Resolves when its run has ended; its check follows. Where the run has ended by
   * itself, it is the check that is stopped.
   */
  async cancel(run: string, step: string, attempt: number): Promise<void> {
    await this.call(['cancel', run, step, String(attempt)]);
  }

  /** A part of an attempt's log, from a byte offset on. */
  async log(run: string, step: string, attempt: number, offset: number, length: number): Promise<LogChunk> {
    const answer = await this.call(['log', run, step, String(attempt), String(offset), String(length)]);
    return { size: Number(answer['size']), bytes: Buffer.from(String(answer['data']), 'base64') };
  }

  /** Runs a read-only text on the host with nobody to ask. */
  private async probe(command: Command, words: readonly string[]): Promise<Printed> {
    const input = upload({ cmd: command.text });
    const answer = await this.call(['probe', command.sha256, ...words], {
      input,
      timeoutMs: PROBE_TIMEOUT_MS,
    });
    return {
      output: fromBase64(answer['output']),
      errors: fromBase64(answer['errors']),
      exitCode: Number(answer['exitCode']),
    };
  }

  /** Runs a step's check and journals what it found. */
  async check(run: string, step: string, command: Command): Promise<CheckResult> {
    const { output, errors } = await this.probe(command, ['check']);
    const result = parseCheck(output || errors);
    await this.call(['checked', run, step, JSON.stringify(result)]);
    return result;
  }

  /** Asks the host about values and numbers; see `composeDetection`, `composeValidation`, `composeNumbers`. */
  async detect(command: Command, names: readonly string[]): Promise<string> {
    return (await this.probe(command, names)).output;
  }

  /** Asks a step what its run would change in the cluster; see `parsePatches`. Only looks. */
  patches(command: Command): Promise<Printed> {
    return this.probe(command, ['patches']);
  }

  /** Journals what a person says of a step, with their words. */
  async state(run: string, step: string, statement: Statement, note: string): Promise<void> {
    await this.call(['stated', run, step, statement, note]);
  }

  /** Journals that a person had a pod replaced. */
  async restarted(run: string, { namespace, name }: ObjectRef): Promise<void> {
    await this.call(['restarted', run, `${namespace}/${name}`]);
  }

  /** Journals values that a person confirmed. */
  async confirm(run: string, values: Values): Promise<void> {
    await this.call(['confirmed', run, JSON.stringify(values)]);
  }

  /** Journals the outcome of attempts whose job was killed before it could. */
  async collect(run: string): Promise<void> {
    await this.call(['collect', run], { timeoutMs: PROBE_TIMEOUT_MS });
  }

  /** What the host still has of each attempt, for `audit`. */
  async verify(run: string): Promise<KeptAttempt[]> {
    const { attempts } = await this.call(['verify', run], { timeoutMs: PROBE_TIMEOUT_MS });
    return Array.isArray(attempts) ? attempts.flatMap(asKeptAttempt) : [];
  }

  /**
   * What is in a file that a step keeps on the host for an editor.
   * @throws HostProblem `no-copy` where it keeps none
   */
  async kept(run: string, name: string): Promise<Buffer> {
    return Buffer.from(String((await this.call(['kept', run, name]))['data']), 'base64');
  }

  /** Hands a file over to a step, which finds it beside what it keeps: whole, or not at all. */
  async keep(run: string, name: string, content: string | Uint8Array): Promise<void> {
    await this.call(['keep', run, name, sha256(content)], { input: upload({ file: content }) });
  }

  /** What a terminal runs to show an attempt and answer its prompts. */
  attach(run: string, step: string, attempt: number, title: string): Program {
    return this.transport.terminal(this.line('-', ['attach', run, step, String(attempt), title]));
  }
}

function asAnswer(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}

function asLive(value: unknown): LiveAttempt[] {
  if (!isFields(value)) return [];
  const { step, attempt, boot, alive, began, logBytes, exitCode, check, question, progress } = value;
  return [
    {
      step: String(step),
      attempt: Number(attempt),
      boot: String(boot),
      alive: alive === true,
      began: began === true,
      logBytes: Number(logBytes),
      ...(typeof exitCode === 'number' ? { exitCode } : {}),
      ...(typeof check === 'string' ? { check: parseCheck(fromBase64(check)) } : {}),
      ...(typeof question === 'string' ? { question: fromBase64(question) } : {}),
      ...(typeof progress === 'string' ? asProgress(fromBase64(progress)) : {}),
    },
  ];
}

function asProgress(text: string): Pick<LiveAttempt, 'progress'> {
  const [done, total, what = ''] = text.trimEnd().split('\t');
  const progress = { done: Number(done), total: Number(total), what };
  return Number.isFinite(progress.done) && progress.total > 0 ? { progress } : {};
}

function asKeptAttempt(value: unknown): KeptAttempt[] {
  if (!isFields(value)) return [];
  const { step, attempt, command, log } = value;
  return [{ step: String(step), attempt: Number(attempt), command: String(command), log: String(log) }];
}

function asSnapshot(answer: Answer): Snapshot {
  const { journal, live, boot, plan, me, hostKey } = answer;
  return {
    journal: parseJournal(fromBase64(journal)),
    live: Array.isArray(live) ? live.flatMap(asLive) : [],
    boot: String(boot),
    me: asActor(me) ?? { user: '' },
    hostKey: isText(hostKey) ? hostKey : '',
    plan: typeof plan === 'string' && plan !== '' ? plan : undefined,
  };
}
